package series

import "time"

// A SignKind is what a mail about a posting means for its review.
type SignKind string

// The kinds of signs.
const (
	Said    SignKind = "said"    // an answer of which no more can be told
	Asked   SignKind = "asked"   // asks a question
	Wanted  SignKind = "wanted"  // wants it changed, or sent again: "please send a v2"
	Objects SignKind = "objects" // NAK
	Refused SignKind = "refused" // says that it will not be taken
	Agreed  SignKind = "agreed"  // gives a review trailer
	Took    SignKind = "took"    // says that it was taken: a claim
	Pinged  SignKind = "pinged"  // asks for an answer
	Checked SignKind = "checked" // a robot tried it
)

// A Sign is one thing that somebody said of a posting. One mail can give
// several.
type Sign struct {
	Kind      SignKind  `json:"kind"`
	MessageID string    `json:"message_id"`
	Name      string    `json:"name,omitempty"`
	Address   string    `json:"address"` // lower case
	At        time.Time `json:"at"`
	Text      string    `json:"text,omitempty"`  // the words that say so, at most 200 characters; of Agreed the trailer's kind
	Parts     []int     `json:"parts,omitempty"` // numbers of the patches that it is about; none: the whole
	Bad       bool      `json:"bad,omitempty"`   // of Checked: something is wrong with it
}

// A Review is what was said of one posting, oldest first.
type Review struct {
	Signs []Sign `json:"signs,omitempty"`
	More  int    `json:"more,omitempty"` // that were left out, being too many
}

// A Need is something that a posting says it depends on.
type Need struct {
	Kind    string `json:"kind"`              // change-id, message-id, patch-id
	ID      string `json:"id"`                // of that kind
	Version int    `json:"version,omitempty"` // of a change-id; 0 if none is named
}
