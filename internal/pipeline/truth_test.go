package pipeline_test

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// TestTruths: what the files of the town's layers claim, beside what is known.
func TestTruths(t *testing.T) {
	hash := regexp.MustCompile(`\b[0-9a-f]{12}([0-9a-f]{28})?\b`)
	want := map[string]string{
		"0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch":  "drop: commit HASH of extfs-tools is in the version that the layer has | drop",
		"0002-populate-read-security-labels-of-files.patch":         "false: says Submitted, but it is merged: commit HASH of extfs-tools | Backport [HASH]",
		"0006-populate-let-the-table-of-links-grow-faster.patch":    "false: says Pending, but was posted to extfs-devel on 2026-04-26, stale | Submitted [20260426095029.50229-3-ana.prado@harbor.example.com]",
		"extfsck-check-the-length-of-security-labels.patch":         "true: commit HASH of extfs-tools, first in v1.47.3; meta-openwater has a version with it | ",
		"lib-xattr-check-where-a-value-ends-without-overflow.patch": "drop: commit HASH of extfs-tools is in the version that the layer has | drop",
		"0002-mount-use-the-loop-devices-of-harbor.patch":           "bad: says Inappropriate without a reason | ",
		"parse-skip-labels-of-other-tools.patch":                    `bad: there is no Upstream-Status; its header says "Ask on the list whether labels should have namespaces; then send it." | `,
		"mkextfs-do-not-ask-the-build-host-for-its-policy.patch":    "true: nothing speaks against it | ",
		"0001-Makefile-respect-LDFLAGS.patch":                       "stale: Pending since 2025-05-13: post it, or say why not | ",
		"escape-commas.patch":                                       "bad: no valid Upstream-Status; it is commit HASH of libbuoy | Backport [HASH]",
		"parse-name-the-key-that-is-not-known.patch":                "bad: says Submitted without where: it was posted to buoy-devel on 2026-05-12, new | Submitted [https://lists.example.net/g/buoy-devel/message/4011]",
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		newTown(t).sync(db)
		checks, err := db.Truths(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range checks {
			if name := path.Base(c.Sighting); strings.HasPrefix(c.Sighting, "carried:meta-harbor@main:") && want[name] != "" {
				got[name] = string(c.Truth) + ": " + hash.ReplaceAllString(c.Reason+" | "+c.Fix, "HASH")
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}
