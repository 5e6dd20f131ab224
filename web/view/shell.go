package view

// A Section is an entry of the menu.
type Section string

// The sections, in the order of the menu.
const (
	InOverview Section = "overview"
	InChanges  Section = "changes"
	InSeries   Section = "series"
	InLayers   Section = "layers"
	InVersions Section = "versions"
	InSources  Section = "sources"
)

// A Shell is what every page shows around its content.
type Shell struct {
	Title   string              // of the page and of the browser's tab
	Section Section             // which entry of the menu is lit; "" is none
	Crumbs  []Link              // the way back, outermost first, without the page itself
	User    string              // name of the account; "" hides menu and account
	Theme   string              // "light", "dark", or "" for what the system prefers
	Keys    bool                // whether keyboard shortcuts are on
	Here    string              // path and query of the page: where the display form comes back to
	Notice  string              // what was just done, shown once
	Trouble int                 // sources that fail, shown in the menu
	Asset   func(string) string // URL of an embedded file by name
}

// A Link is a text and where it leads; without Href it is only text.
type Link struct{ Text, Href string }

type menuEntry struct {
	section          Section
	word, icon, href string
}

func menu() []menuEntry {
	return []menuEntry{
		{InOverview, "Overview", "layout-dashboard", "/"},
		{InChanges, "Changes", "file-diff", "/changes"},
		{InSeries, "Series", "mails", "/series"},
		{InLayers, "Layers", "layers", "/layers"},
		{InVersions, "Versions", "history", "/versions"},
		{InSources, "Sources", "server", "/sources"},
		{InSearch, "Search", "search", "/search"},
	}
}

func (s Shell) asset(name string) string {
	if s.Asset == nil {
		return ""
	}
	return s.Asset(name)
}

// keys is the value of the attribute that the script reads.
func (s Shell) keys() string {
	if s.Keys {
		return "on"
	}
	return "off"
}

// current is the value of aria-current for a menu entry.
func (s Shell) current(e menuEntry) string {
	if s.Section != e.section {
		return "false"
	}
	return "true"
}

// htmxConfig keeps htmx inside our content security policy: no eval, no styles
// or scripts of its own making, no other hosts, no copies of pages on disk.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,` +
	`"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"defaultFocusScroll":false}`

// themeValue is a theme as a form sends it.
func themeValue(theme string) string {
	if theme == "" {
		return "system"
	}
	return theme
}

func pressed(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

// nounsOf is one for 1 and many for any other number.
func nounsOf(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
