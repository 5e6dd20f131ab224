package store

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// clean makes text that a database can keep: valid UTF-8 without NUL. The
// dialects below apply it to every string on its way into a query; rows go
// through [scrub] first, so that they compare equal with what was stored.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// maxKey is the longest natural key in bytes. Two of them and some names fit
// into one entry of a PostgreSQL index, which ends at 2,704 bytes.
const maxKey = 800

// short is the natural key as it is stored: clean, and where it is too long
// its beginning with a hash of all of it. Applied twice it changes nothing.
func short(key string) string {
	key = clean(key)
	if len(key) <= maxKey {
		return key
	}
	sum := fmt.Sprintf("~%x", sha256.Sum256([]byte(key)))
	return strings.ToValidUTF8(key[:maxKey-len(sum)], "") + sum
}

// shortAll is short for each of keys.
func shortAll(keys []string) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = short(k)
	}
	return all
}

// scrub makes all strings of a row clean, and those with the tag store:"key"
// short. row is a pointer to a struct, slice or map of any depth.
func scrub(row any) { scrubValue(reflect.ValueOf(row).Elem(), false) }

func scrubValue(v reflect.Value, key bool) {
	switch v.Kind() {
	case reflect.String:
		if key {
			v.SetString(short(v.String()))
		} else if c := clean(v.String()); c != v.String() {
			v.SetString(c)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() || f.Anonymous {
				scrubValue(v.Field(i), f.Tag.Get("store") == "key")
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			scrubValue(v.Index(i), false)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			scrubValue(v.Elem(), key)
		}
	}
}

// The dialects are bun's, with clean text.
type (
	sqliteDialect   struct{ *sqlitedialect.Dialect }
	postgresDialect struct{ *pgdialect.Dialect }
)

func (d sqliteDialect) AppendString(b []byte, s string) []byte {
	return d.Dialect.AppendString(b, clean(s))
}

func (d postgresDialect) AppendString(b []byte, s string) []byte {
	return d.Dialect.AppendString(b, clean(s))
}

// lower is an address as it is stored.
func lower(s string) string { return strings.ToLower(clean(s)) }

// unix is a time as it is stored: Unix seconds, 0 for the zero time.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// moment is a stored time in UTC, zero for 0.
func moment(sec int64) time.Time {
	if sec == 0 {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}

// asJSON is v as JSON text, with clean strings; nil slices are empty lists.
func asJSON[T any](v T) string {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice && rv.IsNil() {
		return "[]"
	}
	text := encode(v)
	if strings.Contains(text, `\u0000`) {
		if copied, err := fromJSON[T]("", text); err == nil {
			text = encode(copied)
		}
	}
	return text
}

// encode makes JSON of one of our own values. Bytes that are no UTF-8 become
// U+FFFD.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug: the types that come here can be encoded
	}
	return string(b)
}

// fromJSON reads what asJSON wrote. what names it in the error.
func fromJSON[T any](what, text string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	scrub(&v)
	return v, nil
}
