package mailing

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Words are what a reply says in its sender's own words: the sentence that
// says it, at most 200 characters of it, "" where none does. Precision goes
// before recall: what is said in other words is not found.
type Words struct {
	Question string // asks something
	Wish     string // wants the patch changed, or sent again
	Refusal  string // says that it will not be taken
	Promise  string // says that it will be changed or sent again
}

// Of one reply so much is read.
const (
	maxReply     = 1 << 20 // bytes of its text
	maxSentences = 300
	maxSentence  = 1000 // bytes; what is longer is a log
	maxWords     = 200  // characters that are kept
)

// ReadReply reads a reply's text: what it does, and the first question, wish,
// refusal and promise in it.
func ReadReply(text string) (Action, Words) {
	text = text[:min(len(text), maxReply)]
	said := ownWords(text)
	return actionOf(said[:min(len(said), 20)], text), wordsOf(said)
}

func wordsOf(said []string) Words {
	var w Words
	for i, s := range said {
		if len(s) > maxSentence {
			continue
		}
		low := strings.ToLower(s)
		if w.Question == "" && asks(low) && !(i+1 < len(said) && answersItself.MatchString(said[i+1])) {
			w.Question = shorten(s)
		}
		if w.Wish == "" && wishes(low) {
			w.Wish = shorten(s)
		}
		if w.Refusal == "" && refuses(low) {
			w.Refusal = shorten(s)
		}
		if w.Promise == "" && promises(low) {
			w.Promise = shorten(s)
		}
	}
	return w
}

// shorten cuts a sentence to what is kept of it.
func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxWords {
		return s
	}
	return string([]rune(s)[:maxWords-1]) + "…"
}

var (
	answersItself = regexp.MustCompile(`(?i)^\W*(?:no|nope|yes|yep|yeah|ah|oh|never ?mind|probably not|i guess not)\b`)
	// a question of which nobody expects an answer, or not from the author
	idle = regexp.MustCompile(`^\W*(?:hi|hello|hey|dear|how are you|huh|hm+|really|ok(?:ay)?|right|no|yes|eh|see|got it|deal|wtf|what|oops|sorry|agreed?|\w+)\W*$|\bhow are you\b|\bwho (?:knows|cares)\b|\bany(?:body|one) else\b|\bwhat (?:a|an) \w+[?!]`)
	// the same, said without a question mark
	explain = regexp.MustCompile(`\b(?:please|could you|can you|would you)\b[^.!?]{0,20}\b(?:explain|clarify|elaborate|let me know (?:if|what|why|how|whether|which))\b`)
	wordy   = regexp.MustCompile(`\pL+[^\pL ]* +[^\pL ]*\pL|^\W*(?:why|how)\W*$`)
	isLog   = regexp.MustCompile(`\[ *\d+\.\d{6}\]|\b[0-9a-f]{16}\b|^\W*(?:check|warning|error|info):|: (?:warning|error|note): `)
	letMe   = regexp.MustCompile(`\blet me (?:explain|clarify|elaborate|ask)\b`)
	// a request that is for whoever takes patches
	forOthers = regexp.MustCompile(`\b(?:could|can|would|may|will|mind) (?:you|some(?:one|body)|any(?:one|body)|the maintainers?|we)(?: please| guys| all| maybe)* (?:take a look|have a look|review|look at|merge|apply|pick|queue)\b`)
	oneWord   = regexp.MustCompile(`^\W*(?:why|why not|how|how come|how so|like what|since when|for what|what for)\W*$`)
)

// asks says if a sentence, in lower case, is a question to the author.
func asks(s string) bool {
	if !strings.HasSuffix(strings.TrimRight(s, `) !`), "?") {
		return (strings.Contains(s, "you") || strings.Contains(s, "please")) && explain.MatchString(s) && !letMe.MatchString(s)
	}
	switch {
	case strings.Contains(s, "://"), isCode(s), isLog.MatchString(s), !wordy.MatchString(s), letMe.MatchString(s), forOthers.MatchString(s), pingText.MatchString(s), askText.MatchString(s):
		return false
	}
	return oneWord.MatchString(s) || !idle.MatchString(s)
}

// isCode says if a sentence looks like a line of a program.
func isCode(s string) bool {
	return strings.Contains(s, "+0x") || strings.ContainsAny(s, ";{}") && strings.ContainsAny(s, "=({") || strings.HasPrefix(s, "#") || strings.HasPrefix(s, "*/") || strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-\t")
}

const (
	sendIt   = `(?:re-?send|re-?submit|re-?post|re-?spin|re-?base|re-?work|re-?do|re-?write|re-?roll|squash|split|drop|revert|rename)`
	changeIt = `(?:fix|remove|add|use|move|change|update|avoid|make|keep|put|replace|convert|include|mention|document|describe|mark|wrap|reword|rephrase|shorten|fold|merge (?:this|these|it|the two|them) (?:into|with)|do not|don'?t|stop|follow|run checkpatch|limit|separate|extend|adjust|correct|capitali[sz]e|annotate|check the return|base|create|implement|introduce|return|set|define|declare|initiali[sz]e|handle|respect|stick|switch|submit .{0,20}\bagain)`
	anew     = `(?:a |an |the |your )?(?:v ?\d+|(?:new|next|updated|fixed|rebased|proper|separate|improved|corrected|another|follow-?up|incremental) (?:version|patch(?:es|set)?|series|revision|v\d+|one))`
	thePatch = `(?:(?:this|the|your|that|these)(?: \w+)? (?:patch(?:es)?|series|patchset|commit|change|version|v\d+)|patch(?:es)? ?#?\d*(?:/\d+)?|this|it|v\d+)`
)

var (
	pleases  = regexp.MustCompile(`\b(?:please|pls|plz)\b,? (?:also |just |instead |either |always |at least |then |simply |do |, )?(?:` + sendIt + `\b|` + changeIt + `\b|(?:send|submit|post|prepare|provide) ` + anew + `|(?:send|submit|post) (?:it|this|that|them|these) (?:again|as|separately|in a|to|with))`)
	couldYou = regexp.MustCompile(`\b(?:can|could|would|will) you(?: \w+)?,? (?:please )?(?:also |just |maybe |perhaps |then |instead )?(?:` + sendIt + `|fix|remove|add|use|move|change|update|(?:send|submit|post) ` + anew + `)\b`)
	needs    = regexp.MustCompile(`\b(?:needs?|requires?|deserves?|want to see|expecting|looking forward to|waiting for) (?:a |an |another |the |your |to be |at least )?(?:quick |new |next |minor |some )?(?:v\d+\b|new version|next version|re-?spin|re-?base|re-?work|re-?send|re-?spun|re-?sent)|\b(?:this|patch|series|commit message|changelog|subject|title|description|comment) (?:still |also |really |does |probably )?(?:needs?|has|ought) to be (?:fixed|split|changed|reworked|rewritten|rebased|resent|moved|dropped|removed|renamed|updated|adjusted|documented|explained|corrected)\b|\byou(?:'ll| will)?(?: also| still| really| probably| then)* (?:need to|have to|ought to|must|should|forgot to|missed to)(?: also| probably| really| rather| instead| then| just| at least| not)* (?:` + sendIt + `|` + changeIt + `|send (?:it|this|a|the|your)|initiali[sz]e|check|handle|call|split|explain|cc)\b|\byou (?:must|should)(?:n'?t| not)(?: also| just| be)* (?:` + changeIt + `|rely|call|change|touch|modify|assign|return|using|adding|changing|need)`)
	needsA   = regexp.MustCompile(`\b(?:needs?|could use|deserves?) (?:either |also |definitely )?(?:a|an|some|more|another|an additional|a better|some more) (?:more |better |proper |detailed |code )?(?:comments?|explanation|description|commit message|changelog|documentation|test case|round|fixes tag)\b|\b(?:is|are) (?:still |also )?missing(?:[.!]|$| here\b| in (?:this|the|your) (?:patch|commit|series|last|kernel-?doc|description|message))|\b(?:there (?:are|is)|i get|we get|gives|causes?|results in|triggers|introduces|produces) .{0,25}\b(?:build|compil\w*|sparse|checkpatch|kernel-?doc|gcc|clang|smatch) (?:problems?|errors?|failures?|warnings?|issues?)\b|\bfails? to apply (?:the|this|these|your)\b`)
	together = regexp.MustCompile(`\blet'?s (?:not |just |also |instead )?(?:use|drop|avoid|split|move|rename|remove|fold|squash)\b|\b(?:can|could) we (?:please |also |instead |maybe |just )*(?:add|drop|rename|split|avoid|get rid of)\b|\bshould look (?:more )?like\b|\bshould (?:probably |really )?be (?:removed|dropped|split|moved) (?:from|out of) (?:the|this) (?:patch|series|commit)\b`)
	fails    = regexp.MustCompile(`\b` + thePatch + ` (?:still |also |just |even |currently )?(?:(?:does|do|did|doesn'?t|don'?t|didn'?t)(?: not|n't)?|not|no longer|won'?t|cannot|can'?t)(?: even| seem to| longer| be)? (?:appl(?:y|ied)|compiled?|build)\b(.*)`)
	breaks   = regexp.MustCompile(`\b` + thePatch + `(?: also| still| now)? (?:fails? to (?:apply|build|compile)|fails? (?:the |my )?(?:build|checkpatch|compilation)|breaks? (?:the |my |our )?(?:build|compil\w+|bisect\w*)|causes? (?:a |an |the )?(?:new )?(?:build|compil\w+) (?:fail|err|warn)|has (?:conflicts|build errors|checkpatch (?:errors|warnings)))`)
	prefer   = regexp.MustCompile(`\bi(?:'d| would)(?: \w+)? (?:prefer|rather (?:see|have|not|you|we|keep|use|do|drop|just|make|that)|like (?:to see (?:this|that|it|these|the patch|a v\d|some|more|you)|you to|this to be|it to be|the patch to)|suggest (?:to |that |you |we |us(?:e|ing)|add|mov|chang|remov|drop|split|keep|renam|simpl|instead|something|putting|making|doing))|\bmy (?:strong )?preference (?:is|would be)\b|\bi(?:'d| would) (?:also |just |rather |simply |probably |personally )*(?:use|move|put|name|call it|drop|remove|split|rename|squash|change|make (?:this|it|that))\b`)
	shouldBe = regexp.MustCompile(`\b(?:this|it|that|these|they|which|patch|series|commit|subject|title|function|line|variable|name|comment|message|part|hunk|changes?)\b (?:also |really |probably |then )?should (?:also |really |probably |then |rather |just |all |instead )?(?:not be (?:part|in|needed here|here|done|added|changed|mixed)|be (?:split|moved|dropped|removed|renamed|changed|fixed|rebased|replaced|separate|separated|squashed|folded|merged (?:into|with)|a separate|in a separate|in its own|done in|put|placed|documented|described|mentioned|explained|added|sorted|wrapped|indented|converted|named|called|declared|marked|sent (?:as|to|in|separately)|const|static|unsigned|reworded|rewritten|updated|reverted|part of|in (?:the )?(?:previous|next|first|same|patch|another|an? \w+ patch)))\b`)
	slips    = regexp.MustCompile(`^\W*(?:nit(?:pick(?:ing)?)?s?|typos?|minor nits?|small nits?|one nit|style nit)\b\W|\bs/[^/ ][^/]{0,60}/[^/]{0,60}/|\b(?:missing|without|lacks|lacking|no) (?:a |an |any |your |the )?(?:proper |real |valid )?(?:signed-off-by|s-?o-?b|sign-?off|fixes:? tag|commit (?:message|log|description)|change ?log|license header|spdx\b.{0,20})(?: |\.|$|,|:|!|\))`)
	// what only sounds like a wish
	noWish  = regexp.MustCompile(`\bplease (?:see|find|correct me|describe (?:the steps|what|which|how|your)|ignore|do not hesitate|don't hesitate|feel free|let me know|note that|add (?:my|the following|this|a)?:? ?\W*(?:tag|reviewed|acked|tested|reported|kernel test|r-?b|t-?b|a-?b)|don't (?:worry|feel|get me|take|apply|merge|mind|let me|send html)|do not (?:worry|apply|merge|mind))|\bplease (?:use|add|drop|include|keep|fix) (?:my|me\b|the following tag|html)|\b(?:reviewed|acked|tested)-by\b|\byou should (?:be able|see|get|find|have (?:received|gotten|seen|got))|\byou (?:need|have) to (?:ask|wait|know|understand|remember|realize|do is|worry|be careful)|\bshould be (?:ok|fine|good|enough|safe|easy)\b|\bif you (?:need|have|want|should)\b|\bunless you\b|\b(?:don't|do not|won't|didn't|doesn't) (?:need|have|want)\b|\bwhat you need\b|\byou(?:'re| are) (?:right|correct)\b|\bkeep in mind\b|\bstart a discussion\b|\bplease correct\b|\bprefer \S+'s\b|\bin the future\b|\blet'?s (?:just )?move (?:on|forward|ahead)\b|\bwhat i'd\b|\bisn't like\b`)
	applies = regexp.MustCompile(`^(?:$|\W*$|[.,;:!)]|\s+(?:cleanly|any ?more|any longer|for me|here|on top|against|on|onto|as is|with|because|due|to (?:the )?(?:current |latest |my )?(?:master|main|next|\S*tree|\S*branch|linus|v?\d|\S+/\S+)))`)
)

// wishes says if a sentence, in lower case, wants the patch changed.
func wishes(s string) bool {
	switch {
	case hasAny(s, "please", "pls", "plz") && pleases.MatchString(s):
	case hasAny(s, " you") && couldYou.MatchString(s):
	case hasAny(s, "need", "require", "deserve", "you", "waiting", "want", "expecting", "looking", "to be ") && needs.MatchString(s):
	case hasAny(s, "need", "could use", "deserve", "missing", "problem", "error", "failure", "warning", "issue", "to apply") && needsA.MatchString(s):
	case hasAny(s, "let", "we ", "should") && together.MatchString(s):
	case hasAny(s, "appl", "compil", "build", "bisect", "conflict", "checkpatch") && doesNotApply(s):
	case hasAny(s, "prefer", "rather", "like", "suggest", "i'd ", "i would ") && prefer.MatchString(s):
	case hasAny(s, "should") && shouldBe.MatchString(s):
	case hasAny(s, "s/", "nit", "typo", "missing", "without", "lack", "no ") && slips.MatchString(s):
		return !noWish.MatchString(s)
	case mayRefuse(s) && willNot.MatchString(s) && asItIs.MatchString(s):
	default:
		return false
	}
	return !isCode(s) && !noWish.MatchString(s)
}

func doesNotApply(s string) bool {
	if g := fails.FindStringSubmatch(s); g != nil && applies.MatchString(g[1]) {
		return true
	}
	return breaks.MatchString(s)
}

var (
	willNot  = regexp.MustCompile(`\b(?:i|we)(?:'m| am|'re| are)? ?(?:not going to|won'?t|will not|'ll not|can ?not|can'?t|not willing to|refuse to|don't want to|do not want to|do not intend to|don't intend to)(?: be able to| ever| be)? (?:apply(?:ing)?|tak(?:e|ing)|merg(?:e|ing)|accept(?:ing)?|pull(?:ing)?|queu(?:e|ing)|pick(?:ing)?(?: up)?) (?:this|it|these|the (?:patch|series|pull)|your|them|such|that)\b|\b(?:patch(?:es)?|series|this|it|these)(?: \w+)? (?:will not|won'?t|can ?not|can'?t|is not going to|isn't going to|are not going to|will never)(?: be)? (?:ever )?(?:be )?(?:merged|accepted|taken|go(?:ing)? upstream)\b|\b(?:patch(?:es)?|series|this|it|these)(?: \w+)? (?:will not|won'?t|is not going to|isn't going to|will never) be (?:applied|picked up)\b|^\W*(?:patch |series )?rejected\W*$|\b(?:i'm|i am|i) reject(?:ed|ing)? (?:this|it|the|these|your)\b|\bwont-?fix\b|\bi(?:'ve| have|'m| am)? (?:now )?(?:dropp(?:ed|ing)|revert(?:ed|ing)) (?:this|it|these|that|the)(?: (?:patch(?:es)?|series|commits?))? from (?:my|the|our) (?:\S+ )?(?:tree|queue|branch|next)\b`)
	asItIs   = regexp.MustCompile(`\b(?:as(?: it)? is|as-is|as (?:currently |it is |it's )?(?:written|done|implemented|proposed|posted)|in (?:this|its|the) (?:current )?(?:form|shape|state|version)|(?:unless|until|before|without) (?:you|it|this|the|a|there|these|we|someone))\b`)
	maybeNot = regexp.MustCompile(`\b(?:if|yet|now|today|this week|for this|because of conflicts|cleanly|otherwise|would|this (?:cycle|merge window))\b|\?`)
	will     = regexp.MustCompile(`(?:^|[,;:!] ?|\b(?:and|so|but|ok(?:ay)?|sure|yes|yep|indeed|right|thanks|ack|agreed) )(?:will do|will (?:fix|change|update|drop|remove|add|address|re-?send|re-?spin|re-?base|send v\d+))\b|\b(?:will be (?:fixed|changed|updated|done|addressed|added|removed|corrected|included) (?:in (?:the )?(?:v\d+|next|new|following|upcoming)|soon)|(?:i|we)(?:'ll| will| am going to|'m going to| shall)(?: \w+)? (?:` + sendIt + `|fix|change|update|add|remove|address|correct|move|replace|make (?:this|that|it|the) (?:change|fix)|(?:send|post|submit|prepare|include|incorporate|do) (?:it |this |that |them |these )?(?:in |out |as |for )?(?:a |the |an |my )?(?:` + anew + `|v\d+|fix))|(?:fixed|done|changed|addressed|added|removed|updated|corrected)(?: \w+){0,2} in (?:my |the |a )?(?:next (?:version|revision|spin|series|patch)|new version)|(?:send(?:ing)?|post(?:ing)?) (?:a |the |an )?v\d+ (?:soon|shortly|tomorrow|today|now))\b`)
	wontDo   = regexp.MustCompile(`\bif (?:you|needed|necessary|that|there|so|not|nobody|no one)\b|\bunless\b|\bnext time\b|\bseparately\b|\badd you\b|\?|\bwill fix(?:es)?\b.{0,20}\b(?:bug|issue|problem)\b`)
)

// refuses says if a sentence, in lower case, says that a patch will not be
// taken, whatever is changed.
func refuses(s string) bool {
	return mayRefuse(s) && willNot.MatchString(s) && !maybeNot.MatchString(s) && !asItIs.MatchString(s)
}

// mayRefuse is a cheap look before the expression.
func mayRefuse(s string) bool {
	return hasAny(s, "n't", "not", "wont", "reject", "refuse", "drop", "revert", "never") &&
		hasAny(s, "appl", "tak", "merg", "accept", "pull", "queu", "pick", "upstream", "reject", "fix", "from")
}

func hasAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// promises says if a sentence, in lower case, says that its sender will change
// the patch or send it again.
func promises(s string) bool {
	return hasAny(s, "will", "'ll", "going to", "shall", "next", "in new", "ing v", "ing a v") && will.MatchString(s) && !wontDo.MatchString(s)
}
