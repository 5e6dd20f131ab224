package view

// A SourceRow is one source and how it is doing.
type SourceRow struct {
	Kind        string // layer, project, list, account
	Name        string
	Location    string
	FromFile    bool // read-only here
	Gone        bool // no longer configured
	LastChecked When
	LastSuccess When
	Error       string // of the last try; ""
	ErrorSince  When
	Refs        int       // branches and tags
	Moves       []RefMove // newest first
	Mailboxes   []Mailbox // and files
	ByAccount   bool      // a list without files: its mail comes over the accounts
}

// A Mailbox is what came from one mailbox or file.
type Mailbox struct {
	Name  string
	Mails int
	Note  string
}

// A RefMove is a branch or tag that moved.
type RefMove struct {
	Ref      string // short: "main", "v1.8"
	Tag      bool
	Old, New string // hashes; ""
	Kind     string // new, moved, forced, deleted
	At       When
}

// A Quarantined mail is one that could not be read, with the reason.
type Quarantined struct {
	MessageID string
	Subject   string
	From      string
	Reason    string
	At        When
}

// Sources is every source, and what could not be read.
type Sources struct {
	Groups           []SourceGroup
	Quarantined      []Quarantined
	QuarantinedTotal int
}

// A SourceGroup is the sources of one kind.
type SourceGroup struct {
	Kind string
	Rows []SourceRow
}

func (g SourceGroup) title() string {
	switch g.Kind {
	case "layer":
		return "Layers"
	case "project":
		return "Projects"
	case "list":
		return "Lists"
	case "account":
		return "Mail accounts"
	}
	return g.Kind
}

func (r SourceRow) icon() string {
	switch r.Kind {
	case "layer":
		return "layers"
	case "project":
		return "git-branch"
	case "list":
		return "mails"
	case "account":
		return "inbox"
	}
	return "server"
}

// tone and word say how a source is doing.
func (r SourceRow) tone() tone {
	switch {
	case r.Gone:
		return toneDone
	case r.Error != "":
		return toneBad
	case !r.LastSuccess.Known():
		return toneCalm
	}
	return toneGood
}

func (r SourceRow) word() string {
	switch {
	case r.Gone:
		return "no longer configured"
	case r.Error != "":
		return "fails"
	case r.ByAccount:
		return "read over mail accounts"
	case !r.LastSuccess.Known():
		return "not read yet"
	}
	return "works"
}

func (r SourceRow) sign() string {
	switch {
	case r.Gone:
		return "archive"
	case r.Error != "":
		return "triangle-alert"
	case r.ByAccount:
		return "mail"
	case !r.LastSuccess.Known():
		return "circle-dashed"
	}
	return "circle-check"
}

func moveTone(kind string) tone {
	switch kind {
	case "forced":
		return toneWarn
	case "deleted":
		return toneBad
	case "new":
		return toneGood
	}
	return toneGo
}

func (m RefMove) icon() string {
	if m.Tag {
		return "tag"
	}
	return "git-branch"
}

func allEmpty(groups []SourceGroup) bool {
	for _, g := range groups {
		if len(g.Rows) > 0 {
			return false
		}
	}
	return true
}
