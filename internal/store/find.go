package store

import (
	"strings"

	"github.com/uptrace/bun"
)

// maxWords bounds how many words of a search count.
const maxWords = 8

// containing narrows q to rows where each word of text is a part of one of the
// columns, whatever the case.
func containing(q *bun.SelectQuery, text string, columns ...string) *bun.SelectQuery {
	for i, word := range strings.Fields(text) {
		if i == maxWords {
			break
		}
		pattern := "%" + likeEscape.Replace(word) + "%"
		q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, c := range columns {
				q = q.WhereOr(c, pattern)
			}
			return q
		})
	}
	return q
}

// like is the condition that a column contains a pattern.
func like(column string) string { return "lower(" + column + ") LIKE lower(?) ESCAPE '!'" }

// likeEscape takes the meaning from the characters that LIKE looks at.
var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// page narrows q to the rows of one page; a limit of 0 is no limit.
func page(q *bun.SelectQuery, limit, offset int) *bun.SelectQuery {
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	if offset > 0 && limit > 0 {
		q = q.Offset(int64(offset))
	}
	return q
}
