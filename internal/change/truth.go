package change

// A Truth says whether what a carried patch file claims is so.
type Truth string

// The truths of claims, those that ask for work first.
const (
	ClaimFalse    Truth = "false"    // the evidence shows something else: says Pending, but is merged
	ClaimDrop     Truth = "drop"     // it is so, and the version that the layer has contains it: the file can go
	ClaimBad      Truth = "bad"      // malformed, missing, without the reason or address that it needs
	ClaimStale    Truth = "stale"    // Pending for longer than the team wants
	ClaimUnproven Truth = "unproven" // nothing that is watched shows that it is so, or not
	ClaimTrue     Truth = "true"     // the evidence shows it
)

// Truths lists all truths in the order in which pages show them.
func Truths() []Truth {
	return []Truth{ClaimFalse, ClaimDrop, ClaimBad, ClaimStale, ClaimUnproven, ClaimTrue}
}

// A ClaimCheck is what came of comparing a claim with the evidence.
type ClaimCheck struct {
	Sighting string // key of the carried patch
	Truth    Truth
	Reason   string   // in words
	Proof    string   // sighting or commit key, or address, of what shows it; ""
	Fix      string   // the Upstream-Status that would be true: "Backport [address]"; "drop" to delete the file; "" where nothing is proposed
	Shipped  []string // names of the upstream layers whose version contains what the claim names
}
