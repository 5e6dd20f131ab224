package git

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	userinfo    = regexp.MustCompile(`://[^/\s]*@`)
	anyUserinfo = regexp.MustCompile(`://\S*@`) // of what is no proper URL
	secretValue = regexp.MustCompile(`(?i)\b((?:ssl)?password|passwd|passphrase|token)=[^&\s]+`)
)

// Redact is a URL or a path as people may read it: passwords are hidden, and
// what stands before the @ of a web address too, as it may be a token.
func Redact(location string) string {
	if strings.Contains(location, "://") {
		find, hidden := userinfo, "://xxxxx@"
		if u, err := url.Parse(location); err != nil {
			find = anyUserinfo
		} else {
			name := url.User(u.User.Username()).String()
			if _, ok := u.User.Password(); ok {
				hidden = "://" + name + ":xxxxx@"
			} else if !strings.HasPrefix(u.Scheme, "http") {
				hidden = "://" + name + "@"
			}
		}
		location = find.ReplaceAllLiteralString(location, hidden)
	}
	return secretValue.ReplaceAllString(location, "$1=xxxxx")
}
