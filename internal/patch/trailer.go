package patch

import (
	"bytes"
	"regexp"
	"strings"
)

var trailerKeys = map[string]bool{
	"fixes": true, "link": true, "closes": true, "cc": true, "message-id": true, "upstream-status": true,
	"cve": true, "change-id": true, "bug": true, "references": true, "depends-on": true, "origin": true,
	"forwarded": true, "issue": true, "resolves": true, "related": true, "license-update": true,
	"last-update": true, "applied-upstream": true,
}

// isTrailerKey says whether a key is one that is a trailer wherever it stands.
func isTrailerKey(key string) bool {
	key = strings.ToLower(key)
	return trailerKeys[key] || strings.HasSuffix(key, "-by") || strings.HasPrefix(key, "bug-")
}

var pickedLine = regexp.MustCompile(`^\s*\((?:cherry picked|cherry-picked) from commit ([0-9a-f]{7,64})`)

// picked is the hash in a line "(cherry picked from commit X)", or "".
func picked(line string) string {
	if !strings.Contains(line, " from commit ") {
		return ""
	}
	if m := pickedLine.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// trailer reads "Key: value".
func trailer(line string) (tr Trailer, ok bool) {
	key, value, ok := field(line)
	if !ok || strings.HasSuffix(key, "-") || strings.Contains(key, "--") {
		return tr, false
	}
	value = strings.TrimSpace(value)
	return Trailer{key, value}, value != ""
}

// findTrailers finds well-known keys anywhere in a message, and any key in
// its last paragraph if that holds nothing but trailers.
func findTrailers(lines []string) (list []Trailer) {
	last := lastParagraph(lines)
	for i, l := range lines {
		if hash := picked(l); hash != "" {
			list = append(list, Trailer{"cherry-picked-from", hash})
		} else if tr, ok := trailer(l); ok && (i >= last || isTrailerKey(tr.Key)) {
			list = append(list, tr)
		}
	}
	return list
}

// lastParagraph is the index where the last paragraph begins, or len(lines)
// if that has a line that is no trailer.
func lastParagraph(lines []string) int {
	end := len(lines)
	for end > 0 && strings.TrimSpace(lines[end-1]) == "" {
		end--
	}
	i := end
	for ; i > 0 && strings.TrimSpace(lines[i-1]) != ""; i-- {
		l := lines[i-1]
		if _, ok := trailer(l); !ok && picked(l) == "" && !isFolded(l) {
			return len(lines)
		}
	}
	if i == 0 {
		return len(lines)
	}
	return i
}

var signedOff = regexp.MustCompile(`(?mi)^[ \t]*Signed-off-by:[ \t]*\S`)

// SignedOff says whether a patch file has a Signed-off-by line above its diff.
func SignedOff(b []byte) bool { return signedOff.Match(aboveDiff(b)) }

// aboveDiff is the text above the first file section, as far as it is looked at.
func aboveDiff(b []byte) []byte {
	if i := diffStart(b); i >= 0 {
		b = b[:i]
	}
	return b[:min(len(b), maxHeader)]
}

var (
	cveLine = regexp.MustCompile(`(?mi)^[ \t]*CVE:(.*)$`)
	cveID   = regexp.MustCompile(`(?i)\bCVE-[0-9]{4}-[0-9]{4,}\b`)
)

// CVEs lists the identifiers on the CVE: lines of a patch file, in capitals,
// each once, in order (the tag of openembedded-core's cve-check).
func CVEs(b []byte) (list []string) {
	seen := map[string]bool{}
	for _, m := range cveLine.FindAllSubmatch(b, 1000) {
		for _, id := range cveID.FindAll(m[1], 1000) {
			if s := string(bytes.ToUpper(id)); !seen[s] {
				seen[s] = true
				list = append(list, s)
			}
		}
	}
	return list
}
