package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/version"
)

// tagPatterns are tried where the configuration gives none.
var tagPatterns = []string{
	"{pv}", "v{pv}", "V{pv}", "{name}-{pv}", "{name}-v{pv}", "{name}_{pv}", "release-{pv}", "release/{pv}", "rel-{pv}",
	"{name}-{pv_}", "v{pv_}", "R_{pv_}", "{pv_}",
}

// regexpTags begins a pattern of tags that is a regular expression, with the
// version in its group "pver": UPSTREAM_CHECK_GITTAGREGEX of a recipe.
const regexpTags = "regexp:"

// maxTagRegexp bounds such an expression. Those are compared in linear time
// whatever they are; what RE2 does not have (looking ahead) counts as none.
const maxTagRegexp = 400

// tagRegexp is the regular expression of a pattern, nil where it is none.
func tagRegexp(pattern string) *regexp.Regexp {
	text, ok := strings.CutPrefix(pattern, regexpTags)
	if !ok || len(text) > maxTagRegexp {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil || re.SubexpIndex("pver") < 0 {
		return nil
	}
	return re
}

// versionIn is the version that a tag has by a regular expression, as bitbake's
// git fetcher reads it: somewhere in the tag, with underscores as dots.
func versionIn(re *regexp.Regexp, tag string) string {
	at := re.FindStringSubmatchIndex(tag)
	if n := 2 * re.SubexpIndex("pver"); at != nil && at[n] >= 0 {
		v, after := tag[at[n]:at[n+1]], tag[at[n+1]:]
		if !isPrerelease(after) { // else the version is cut off before -rc1
			return version.Normalize(strings.Trim(strings.ReplaceAll(v, "_", "."), ".-"))
		}
	}
	return ""
}

// TagOf is the tag that stands for a recipe's PV, or "" where none of the
// patterns gives a tag that there is.
func (p Project) TagOf(pv string, tags []string) string {
	pv = version.Normalize(pv)
	if pv == "" {
		return ""
	}
	want := map[string]bool{}
	for _, pattern := range p.patterns() {
		if re := tagRegexp(pattern); re != nil {
			for _, tag := range tags {
				if v := versionIn(re, tag); v != "" && version.Compare(v, pv) == 0 {
					return tag
				}
			}
			continue
		}
		for _, v := range []string{pv, strings.ReplaceAll(pv, "~", "-"), strings.ReplaceAll(pv, "~", "")} {
			want[p.expand(pattern, v)] = true
		}
	}
	for _, tag := range tags {
		if want[strings.ToLower(tag)] {
			return tag
		}
	}
	return ""
}

// VersionOf is the version that a tag stands for, or "" where it is no
// release's tag.
func (p Project) VersionOf(tag string) string {
	return p.versionBy(p.patterns(), tag)
}

// versionBy is the version by some patterns.
func (p Project) versionBy(patterns []string, tag string) string {
	for _, pattern := range patterns {
		if re := tagRegexp(pattern); re != nil {
			if v := versionIn(re, tag); v != "" {
				return v
			}
			continue
		}
		before, after, _ := strings.Cut(p.expand(pattern, "\x00"), "\x00")
		v, ok := strings.CutPrefix(strings.ToLower(tag), before)
		if ok {
			v, ok = strings.CutSuffix(v, after)
		}
		if !ok || v == "" || v[0] < '0' || v[0] > '9' {
			continue
		}
		if strings.Contains(pattern, "{pv_}") {
			v = strings.ReplaceAll(v, "_", ".")
		}
		return version.Normalize(v)
	}
	return ""
}

func (p Project) patterns() []string {
	if len(p.Tags) > 0 {
		return p.Tags
	}
	return tagPatterns
}

// expand puts a version into a pattern, in lower case.
func (p Project) expand(pattern, v string) string {
	return strings.ToLower(strings.NewReplacer(
		"{name}", p.Name, "{pv}", v, "{pv_}", strings.ReplaceAll(v, ".", "_")).Replace(pattern))
}

// SortTags puts the tags of releases in the order of their versions, oldest
// first; others go before them by name.
func (p Project) SortTags(tags []string) {
	slices.SortFunc(tags, func(a, b string) int {
		va, vb := p.VersionOf(a), p.VersionOf(b)
		if c := version.Compare(va, vb); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}

// Newest is the tag of the newest release; a pre-release is none. It is ""
// where there is no release.
func (p Project) Newest(tags []string) string {
	newest, best := "", ""
	for _, tag := range tags {
		v := p.VersionOf(tag)
		if v == "" || strings.ContainsAny(v, "~") || isPrerelease(v) {
			continue
		}
		if newest == "" || version.Compare(v, best) > 0 {
			newest, best = tag, v
		}
	}
	return newest
}

// isPrerelease says whether a version has a word that releases do not have.
func isPrerelease(v string) bool {
	v = strings.ToLower(v)
	for _, word := range []string{"rc", "alpha", "beta", "pre", "dev"} {
		if strings.Contains(v, word) {
			return true
		}
	}
	return false
}
