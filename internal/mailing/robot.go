package mailing

import (
	"regexp"
	"strings"
)

// A Check is what a program that tries patches says of one.
type Check struct {
	Robot bool   // a program sent the mail
	Bad   bool   // something is wrong with the patch
	Text  string // the line that says so, "" if it finds nothing that can be told
}

var (
	robotLocal  = regexp.MustCompile(`(?i)(?:^|[._+-])(?:ro)?bots?(?:$|[._+-])|^(?:lkp|ci|no-?reply|do-?not-?reply|autobuilder|auto-?build|automation|buildd?|builds|jenkins|patchtest|patchew|patchwork|kernelci|0day)(?:$|[._+-]|\d)|[._+-](?:ci|noreply|automation|autobuilder)$`)
	noReply     = regexp.MustCompile(`(?i)^(?:no-?reply|do-?not-?reply|notifications?)\b`)
	anyBot      = regexp.MustCompile(`(?i)^[a-z]+bot(?:$|[._+-]|\d)`)
	robotDomain = regexp.MustCompile(`(?i)(?:^|\.)(?:bots?|robots?|ci|automation|autobuilder|kernelci|noreply|appspotmail)\.|^noreply\.`)
	robotName   = regexp.MustCompile(`(?i)(?:^|\W)(?:ro)?bot(?:$|\W)|^\w+bot$|\bautobuilder\b|\bautomat(?:ic|ed|ion)\b|\bno-?reply\b|\bCI\b|\bkernelci\b|\b(?:test|build) (?:service|system|robot)\b`)
	robotFields = []string{"X-GitHub-Reason", "X-GitHub-Sender", "X-GitLab-Project", "X-Gitea-Reason", "X-Jenkins-Job", "X-Buildbot-Builder"}
)

// isRobot says if a program sent a mail: by its address, its name, or fields
// that such programs set (Auto-Submitted is RFC 3834).
func (m *Message) isRobot() bool {
	if auto := m.Field("Auto-Submitted"); auto != "" && !strings.HasPrefix(strings.ToLower(auto), "no") {
		return true
	}
	for _, f := range robotFields {
		if m.Field(f) != "" {
			return true
		}
	}
	local, domain, _ := strings.Cut(m.From.Email, "@")
	if strings.Contains(m.From.Name, " ") && (noReply.MatchString(local) || anyBot.MatchString(local)) {
		return robotName.MatchString(m.From.Name) // Bob Talbot, or somebody who writes by way of a web site
	}
	return anyBot.MatchString(local) || robotLocal.MatchString(local) || robotDomain.MatchString(domain) || robotName.MatchString(m.From.Name)
}

var (
	// a line that names one failed test, or says in a sentence that there is one
	checkFail = regexp.MustCompile(`^\W*(?:FAIL|FAILED|Failed|FAILURE|Failure|ERROR|ERRORS|Error)\b\W*\s*[:\]-]\s*\S|\b(?:FAIL|FAILED)\W*$`)
	checkBad  = regexp.MustCompile(`(?i)\bnoticed (?:the following|"|an? [\d.-]+% regression)|\bbuild test (?:warning|error)|\b(?:build|tests?|checks?|compilation|job|pipeline|run) (?:has |have |was )?(?:failed|broken|unsuccessful)\b|\bfail(?:s|ed|ure)? to (?:apply|build|compile|boot)|\b(?:build|compile|test) (?:failures?|errors?|regressions?)\b|\bidentified (?:one or more|some|an?|\d+) (?:issue|problem|failure)|\bdoes not apply\b|\bcould not be applied\b|\btotal: (?:[1-9]\d* errors|0 errors, [1-9]\d* warnings)|\bstill triggering\b|\bpotential issues?\b|\b[1-9]\d* (?:tests? )?fail(?:ed|ures?)?\b|\bfound (?:the following|some|an?|\d+) (?:issues?|errors?|problems?|regressions?)|\bsomething to improve\b|\bhas (?:some|the following) (?:issues|problems|errors)|\bconclusion: (?:failure|fail)|\bstatus: (?:failure|fail)|: (?:error|warning): |❌|\bfollowing (?:issue|crash|bug|warning|error)`)
	noneBad   = regexp.MustCompile(`(?i)\b(?:fail(?:ed|ures?)?|errors?|warnings?)\W*[:=]\s*0\s*$|\b0 (?:fail(?:ed|ures?)?|errors?|warnings?)\W*$`) // of a summary
	checkGood = regexp.MustCompile(`(?i)\bdid not trigger any issue|\b(?:build|tests?|checks?|job|pipeline|run) (?:has |have |was )?(?:passed|succeeded|successful)|\ball (?:the )?(?:tests|checks|builds|jobs) (?:have )?(?:passed|succeeded|pass|are ok)|\bBUILD SUCCESS\b|\bno (?:issues|errors|problems|regressions|failures)(?: were)?(?: found)?\b|^\W*(?-i:PASS|PASSED|SUCCESS|OK)\b\s*[:\]-]|\b(?-i:PASS|PASSED|SUCCESS)\W*$|\bconclusion: success|\bstatus: success|✅|\btested ok\b|\b0 fail(?:ed|ures?)\b`)
)

// CheckOf says if a program sent a mail, and what it found: the first line of
// its own words that names a failed test, else the first that tells of trouble,
// else the first that says that all is well.
func CheckOf(m *Message) Check {
	c := Check{Robot: m.isRobot()}
	if !c.Robot {
		return c
	}
	const most = 200 // lines; logs and configurations follow
	var found [3]string
	n := 0
	for line := range strings.Lines(m.Text) {
		if n++; n > most || strings.HasPrefix(line, "diff --git ") {
			break
		}
		if len(line) > 1000 || line[0] == '>' || !mayTell(line) || strings.Contains(line, "0") && noneBad.MatchString(line) {
			continue
		}
		for i, e := range []*regexp.Regexp{checkFail, checkBad, checkGood} {
			if found[i] != "" {
				break // what comes after it in this list weighs less
			}
			if e.MatchString(line) {
				found[i] = shorten(strings.TrimSpace(line))
			}
		}
		if found[0] != "" {
			break
		}
	}
	for i, line := range found {
		if line != "" {
			c.Text, c.Bad = line, i < 2
			break
		}
	}
	return c
}

// mayTell is a cheap look before the expressions.
func mayTell(line string) bool {
	return hasAny(strings.ToLower(line), "fail", "error", "warning", "issue", "problem", "crash", "bug", "regression", "noticed", "improve",
		"apply", "applied", "trigger", "broken", "success", "succeed", "pass", "ok", "\u274c", "\u2705")
}
