package series

import (
	"slices"
	"testing"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// TestSigners: who signed a patch off or developed it too, and nobody else.
func TestSigners(t *testing.T) {
	mail := NewMail(mailing.Parse([]byte(`Message-ID: <1@x>
From: Eve <eve@example.com>
Subject: [PATCH] one: fix

Why.

Reviewed-by: Dora <dora@example.org>
Co-developed-by: Ann <Ann@example.org>
Signed-off-by: Ann <ann@example.org>
Signed-off-by: Eve <eve@example.com>
---
--- a/one.c
+++ b/one.c
@@ -1 +1 @@
-old
+new: Signed-off-by: Bob <bob@example.org>
`)))
	if want := []string{"ann@example.org", "eve@example.com"}; !slices.Equal(mail.Signers, want) {
		t.Errorf("signers = %v, want %v", mail.Signers, want)
	}
}
