package series

import (
	"regexp"
	"strconv"
)

// A batch is what the message-ids of one run of a sending program share.
type batch struct {
	key string
	seq int // place in the run, -1 if the program does not number
}

// The forms of message-ids, by the program that makes them.
var (
	sendEmail    = regexp.MustCompile(`^(\d{14}\.\d+)-(\d{1,4})-(.+)$`)                 // git send-email
	sendEmailOld = regexp.MustCompile(`^(\d{9,11}-\d+)-(\d{1,4})-(git-send-email-.+)$`) // before 2.0
	formatPatch  = regexp.MustCompile(`^(?:cover|[0-9a-f]{40}|[0-9a-f]{64})\.(\d{9,11}\.git\..+)$`)
	b4Send       = regexp.MustCompile(`^(\d{8}-.+-v\d+)-(\d{1,4})-([0-9a-f]{12}@.+)$`)
)

// batchOf reads the batch of a message-id, if its program writes one.
func batchOf(id string) (batch, bool) {
	for _, re := range []*regexp.Regexp{sendEmail, sendEmailOld, b4Send} {
		if g := re.FindStringSubmatch(id); g != nil {
			n, _ := strconv.Atoi(g[2]) // at most four digits
			return batch{g[1] + " " + g[3], n}, true
		}
	}
	if g := formatPatch.FindStringSubmatch(id); g != nil {
		return batch{g[1], -1}, true
	}
	return batch{}, false
}
