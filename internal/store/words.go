package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/query"
)

// idBits is how many bits of a place in the index are the id of the message;
// those above are when it was sent, so that a search meets the newest first.
const idBits = 28

// wordsPlace is where the words of a message stand in the index.
func wordsPlace(sent, id int64) int64 {
	return min(max(sent, 0), 1<<34-1)<<idBits | id&(1<<idBits-1)
}

// maxPosition is the highest position of a word in PostgreSQL's index.
const maxPosition = 1<<14 - 1

// wordsBatch is how many messages one statement indexes.
const wordsBatch = 50

// indexWords makes the words of messages searchable, in the place of what was
// indexed of them before. have are their rows as they were until now.
func (db *DB) indexWords(ctx context.Context, tx bun.IDB, have []messageRow, messages []pipeline.Message) error {
	old := make([]int64, len(have))
	for i, r := range have {
		old[i] = wordsPlace(r.Sent, r.ID)
	}
	if len(old) > 0 {
		if _, err := tx.NewDelete().Table("message_words").Where("? IN (?)", db.wordsKey(), bun.List(old)).Exec(ctx); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
	}
	raws := make([]int64, len(messages))
	texts := make(map[int64]pipeline.Message, len(messages))
	for i, m := range messages {
		raws[i], texts[m.Raw] = m.Raw, m
	}
	rows, err := messagesOf(ctx, tx, raws)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	for batch := range slices.Chunk(rows, wordsBatch) {
		var values []string
		var args []any
		for _, r := range batch {
			m := texts[r.RawID]
			if slices.Contains(apart, r.Kind) {
				continue
			}
			value, of := db.wordsRow(wordsPlace(r.Sent, r.ID), []string{
				r.Subject, r.FromName + " " + r.FromAddress, strings.Join(m.Mail.Files, " "), m.Text, r.List,
			})
			values, args = append(values, value), append(args, of...)
		}
		if len(values) == 0 {
			continue
		}
		into := "INSERT INTO message_words (id, words) VALUES "
		if db.driver == SQLite {
			into = "INSERT INTO message_words (rowid, subject, people, files, body, list) VALUES "
		}
		if _, err := tx.NewRaw(into+strings.Join(values, ", "), args...).Exec(ctx); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
	}
	return nil
}

// wordsKey is the column of the place.
func (db *DB) wordsKey() bun.Ident {
	if db.driver == SQLite {
		return "rowid"
	}
	return "id"
}

// wordsRow is one row of the index. Both engines get words that were cut here,
// so that they cannot differ in what a word is.
func (db *DB) wordsRow(place int64, columns []string) (value string, args []any) {
	if db.driver == SQLite {
		value, args = "(?, ?, ?, ?, ?, ?)", []any{place}
		for _, c := range columns {
			args = append(args, strings.Join(query.Words(c), " "))
		}
		return value, args
	}
	var b strings.Builder
	at := 0
	for i, c := range columns[:4] { // as many as there are weights; lists have an index of their own
		for _, w := range query.Words(c) {
			at = min(at+1, maxPosition)
			fmt.Fprintf(&b, "'%s':%d%c ", w, at, "ABCD"[i])
		}
		at++ // a phrase does not go on in the next column
	}
	return "(?, ?::tsvector)", []any{place, b.String()}
}
