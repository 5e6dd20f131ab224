// Package view holds what the pages look like: templ components, and the
// plain structs that they show.
//
// A component asks nothing and decides nothing but how things look. Handlers
// (package web) fill the structs. Text of strangers is in them as it came:
// templ escapes it, links are made by the functions of link.go only, and
// [Safe] makes characters visible that would hide or reorder text.
//
// The Go files hold the structs, one file per page; the *_templ.go files are
// generated from *.templ by `make generate`.
package view
