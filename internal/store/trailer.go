package store

import (
	"context"

	"github.com/uptrace/bun"
)

// A trailerRow is a row of table trailer.
type trailerRow struct {
	bun.BaseModel `bun:"table:trailer"`

	ID      int64  `bun:",pk,autoincrement"`
	Reply   string `store:"key"`
	Target  string `store:"key"`
	Kind    string
	Name    string
	Address string
}

func (w *assemblyWriter) putTrailers(ctx context.Context) error {
	ids := make([]string, len(w.have))
	for i, m := range w.have {
		ids[i] = m.MessageID
	}
	have, err := rowsWith[trailerRow](ctx, w.tx, "reply", ids)
	if err != nil {
		return err
	}
	var want []trailerRow
	for _, m := range w.a.Mails {
		for _, t := range m.Trailers {
			want = append(want, trailerRow{Reply: m.MessageID, Target: t.Target, Kind: t.Kind, Name: t.Person.Name, Address: lower(t.Person.Email)})
		}
	}
	sh := shape[trailerRow, trailerRow]{
		key: func(r trailerRow) trailerRow { r.ID = 0; return r }, keep: func(old trailerRow, r *trailerRow) { r.ID = old.ID },
	}
	return w.count(equalize(ctx, w.tx, sh, have, want))
}
