package mailing

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Trailer is a review trailer that a reply gives in its own words.
type Trailer struct {
	Kind string // "reviewed-by", "acked-by", "tested-by", "nacked-by", "nak"
	Person
}

var (
	trailerLine = regexp.MustCompile(`(?i)^[ \t*_]{0,4}((?:reviewed|acked|tested|nacked|naked)(?:[-, ]+(?:and[- ])?(?:reviewed|acked|tested|reported))*[- ]by)[*_]*[ \t]*[:;][ \t]*(.*)$`)
	trailerWord = regexp.MustCompile(`(?i)reviewed|acked|tested|nacked|naked`)
	nakLine     = regexp.MustCompile(`^[ \t]*(?:NACK|NAK|NAck|Nack|Nak)\b[ \t]*(?:[.,!:;-]|on\b|for\b|to\b|from\b|$)`)
	mailAddress = regexp.MustCompile(`<\s*([^<>\s]+@[^<>\s]+)\s*>|([^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+)`)
	attribution = regexp.MustCompile(`(?i)(?:wrote|writes|schrieb|écrit|写道)\s*(?:\([^)]*\))?\s*[:：]?\s*$`)
)

// Trailers reads the review trailers in a reply's text: whole lines, not
// quoted. A bare NAK counts as one without a person.
func Trailers(text string) []Trailer {
	var found []Trailer
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if len(line) > 400 || strings.HasPrefix(line, ">") || !strings.ContainsAny(line, ":;Nn") {
			continue
		}
		if g := trailerLine.FindStringSubmatch(line); g != nil {
			value := g[2]
			if !strings.Contains(value, "@") && i+1 < len(lines) && mailAddress.MatchString(lines[i+1]) && !strings.HasPrefix(lines[i+1], ">") {
				value += " " + strings.TrimSpace(lines[i+1])
			}
			found = addTrailers(found, g[1], trailerPerson(value))
		} else if nakLine.MatchString(line) {
			found = append(found, Trailer{Kind: "nak"})
		}
		if len(found) > 100 {
			break
		}
	}
	return found
}

// addTrailers parts "Reviewed-and-tested-by" into the trailers it stands for.
func addTrailers(l []Trailer, key string, p Person) []Trailer {
	for _, w := range trailerWord.FindAllString(key, -1) {
		w = strings.ToLower(w)
		if w == "naked" {
			w = "nacked"
		}
		t := Trailer{w + "-by", p}
		known := false
		for _, have := range l {
			known = known || have == t
		}
		if !known {
			l = append(l, t)
		}
	}
	return l
}

func trailerPerson(v string) Person {
	g := mailAddress.FindStringSubmatchIndex(v)
	if g == nil {
		return Person{Name: oneLine(v)}
	}
	email := ""
	for _, i := range []int{2, 4} {
		if g[i] >= 0 {
			email = v[g[i]:g[i+1]]
		}
	}
	return Person{oneLine(strings.Trim(v[:g[0]], ` "'<`)), strings.TrimRight(email, ".")}
}

// An Action is what a reply does beyond talking.
type Action string

const (
	NoAction Action = ""
	Ping     Action = "ping"    // asks for an answer
	Applied  Action = "applied" // claims that the patch was taken
)

const softWords = `(?:yup|yes|yeah|ok|okay|great|good|nice|cool|done|thanks?|thank you|thx|hi|hello|all|both|now|the|this|these|it|patch(?:es)?|series|patchset|pull|request|i(?:'ve| have|'m| am)?|we(?:'ve| have)?|have|has|had|been|is|are|was|were|just|also|already|finally|and|so|with|looks good|lgtm)`

var (
	appliedText = regexp.MustCompile(`(?i)^(?:\W*\b` + softWords + `\b\W*)*\W*(?:applied|merged|pulled|pushed|queued|picked(?: it)? up|committed|cherry-picked)\b(.*)$`)
	// it went in, but elsewhere or only for a try
	appliedNot = regexp.MustCompile(`(?i)^\W*(?:cleanly|and tested|and (?:i )?(?:ran|tried|built)|locally|independently|on top of|without (?:issues|problems)|just fine)`)
	pingText   = regexp.MustCompile(`(?i)^\W*(?:(?:hi|hello|hey|dear)\b[^.!?]{0,40}?[,:]?\s+)?(?:(?:just|this|is|a|an|one|more|another|second|third|friendly|gentle|gently|kind|kindly|soft|polite|small|little|weekly|quick|sending)\s+)*(?:ping|bump|reminder|pinging)(?:\W*$|\s*[?!.^:@]|,|\s+(?:again|for|on|about|this|here|once|to|the|maintainers?|all|v\d)\b)`)
	askText    = regexp.MustCompile(`(?i)\bany (?:comments?|updates?|feedback|news|thoughts|progress|reviews?|opinions?)\b.*\?|(?:^|[.!?,] )any chance (?:to|of|you|we|this|these|that)\b.*\?|\b(?:would it be possible|is it possible|any chance|can|could|would)\b.{0,60}\b(?:this|these|it|them|series|patch(?:es|set)?)\b.{0,40}\b(?:be |get |gets )?(?:reviewed|merged|applied|picked up|looked at)\b.*\?|\breceived (?:absolutely )?no (?:feedback|comments?|answer|reply)|\bfell?(?:en)? through the cracks`)
)

// actionOf says if a reply asks again for an answer, or says that the patch
// was taken. Both are claims, read from the first sentences that the sender
// wrote; words that merely occur ("I can ping the host", "once it is merged")
// do not count.
func actionOf(said []string, text string) Action {
	if len(said) == 0 {
		return NoAction
	}
	all := strings.Join(said, " ")
	for i, s := range said {
		if i > 5 || len(s) > maxSentence {
			break
		}
		if g := appliedText.FindStringSubmatch(s); g != nil && (i < 2 || len(all) < 800) && !strings.HasSuffix(s, "?") && !appliedNot.MatchString(g[1]) {
			return Applied
		}
		if i < 4 && len(s) < 120 && pingText.MatchString(s) {
			return Ping
		}
	}
	if len(all) < 400 && len(Trailers(text)) == 0 && askText.MatchString(all) {
		return Ping
	}
	return NoAction
}

var (
	greeting    = regexp.MustCompile(`(?i)^(?:hi|hello|hey|dear|good morning|thanks?)\b.{0,40},$`)
	newSentence = regexp.MustCompile(`^(?:Applied|Merged|Pushed|Queued|Pulled|Ping|PING)\b`)
	shortened   = regexp.MustCompile(`(?i)\b(?:e\.?g|i\.?e|etc|vs|cf|dr|mr|mrs|approx|resp)\.$`)
	listItem    = regexp.MustCompile(`^(?:[-*•]|\(?\d{1,2}[.)])\s+\S`)
	original    = regexp.MustCompile(`(?i)^-{2,}\s*(?:original|forwarded) message\s*-{2,}|^_{20,}$`) // quoted as a whole from here on
	quotedIntro = regexp.MustCompile(`(?i)^(?:On|Am|Le|El|At|在|From:|Date:|Sent:|To:|Cc:|Subject:|\d{4}-\d\d-\d\d)`)
	gitAction   = regexp.MustCompile(`^\[\d+/\d+\]`)
)

// ownWords are the sentences that the sender wrote, about the first so many:
// without quotes, the line above them, and the signature.
func ownWords(text string) []string {
	var own []string
	var para []string // lines of the paragraph so far
	flush := func() {
		own = append(own, sentences(strings.Join(para, " "))...)
		para = nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimSpace(clean(line[:min(len(line), 1000)]))
		if endsOwn(line) || len(own) >= maxSentences || len(para) >= maxSentences {
			break
		}
		if line == "" || line[0] == '>' || line[0] == '|' || isAttribution(lines, i) || line[0] == '[' && gitAction.MatchString(line) || isTrailer(line) {
			flush()
			continue
		}
		if beginsAnew(line) {
			flush()
		}
		para = append(para, line)
		if strings.HasSuffix(line, ",") && greeting.MatchString(line) {
			flush()
		}
	}
	flush()
	return own[:min(len(own), maxSentences)]
}

// endsOwn says if a signature, a diff, or a mail that is quoted as a whole begins.
func endsOwn(line string) bool {
	if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "_") {
		return line == "--" || original.MatchString(line)
	}
	return strings.HasPrefix(line, "diff --git ") || strings.HasPrefix(line, "@@ -")
}

// beginsAnew says if a line is no continuation of the one before. The looks
// before the expressions are cheap, and nearly always enough.
func beginsAnew(line string) bool {
	return strings.IndexByte("AMPQ", line[0]) >= 0 && newSentence.MatchString(line) || (line[0] < 'A' || line[0] >= utf8.RuneSelf) && listItem.MatchString(line)
}

func isTrailer(line string) bool {
	return strings.ContainsAny(line, ":;") && hasAny(line, "by", "By", "BY") && trailerLine.MatchString(line)
}

// sentences parts a paragraph where a full stop, or the like, is followed by
// space: not in "fs/inode.c".
func sentences(para string) []string {
	var l []string
	from := 0
	for i := 1; i+1 < len(para); i++ {
		if para[i] != ' ' {
			continue
		}
		said := strings.TrimRight(para[from:i], `"'`)
		if said == "" || !strings.ContainsRune(".!?", rune(said[len(said)-1])) || shortened.MatchString(said[max(0, len(said)-8):]) {
			continue
		}
		l = append(l, strings.TrimSpace(para[from:i]))
		from = i + 1
	}
	if rest := strings.TrimSpace(para[from:]); rest != "" {
		l = append(l, rest)
	}
	return l
}

// isAttribution says if line i introduces a quote: "On Monday, Ann wrote:",
// also folded over two lines, and the headers that some programs repeat.
func isAttribution(lines []string, i int) bool {
	line := strings.TrimSpace(lines[i])
	if introduces(line) || quotedIntro.MatchString(line) && strings.HasSuffix(line, ":") {
		return true
	}
	if !quotedIntro.MatchString(line) {
		return false
	}
	if j := i + 1; j < len(lines) && introduces(strings.TrimSpace(lines[j])) {
		return true
	}
	head, _, ok := strings.Cut(line, ":")
	return ok && !strings.Contains(head, " ")
}

// introduces says if a line ends like "Ann wrote:". The looks before the
// expression are cheap, and nearly always enough.
func introduces(line string) bool {
	if !strings.HasSuffix(line, ":") && !strings.HasSuffix(line, "：") && !strings.Contains(line, "rote") && !strings.Contains(line, "写道") {
		return false
	}
	return attribution.MatchString(line)
}
