// Package auth knows how people prove who they are: passwords, one-time login
// links, and how often one may try.
//
// It is functions on plain values. Password hashes are text in PHC form, made
// by [Hash] and checked by [Verify]; tokens of login links are made by
// [NewToken] and kept as [HashToken] only; a [Throttle] counts tries in
// memory. Accounts, links and sessions live in the store, which this package
// does not know: who wires them asks the one and the other.
package auth

import "errors"

var (
	// ErrWeak means that a password is too easy to guess, too short or too
	// long; the error's text says which and is meant for the person.
	ErrWeak = errors.New("password refused")
	// ErrHash means that a stored hash cannot be read.
	ErrHash = errors.New("not an argon2id hash")
)
