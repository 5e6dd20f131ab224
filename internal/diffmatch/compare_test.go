package diffmatch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const posted = `From: Ann Example <ann@example.org>
Date: Mon, 5 Jan 2026 10:00:00 +0000
Subject: [PATCH] tool: check labels

---
diff --git a/src/tool.c b/src/tool.c
index 1111111..2222222 100644
--- a/src/tool.c
+++ b/src/tool.c
@@ -10,7 +10,9 @@ int parse(char *text)
 {
 	int n = strlen(text);
 
+	if (n > LABEL_MAX)
+		return -EINVAL;
-	copy(label, text, n);
+	copy_label(label, text, n + 1);
 	apply(label);
 	return n;
 }
`

func TestCompare(t *testing.T) {
	change := strings.NewReplacer
	for _, tt := range []struct {
		name, want string
		other      string
	}{
		{"itself", "identical", posted},
		{"other lines", "identical", change("@@ -10,7 +10,9 @@ int", "@@ -110,7 +115,9 @@ int").Replace(posted)},
		{"blanks", "patch-id", change("\tcopy_label(", "    copy_label(").Replace(posted)},
		{"quilt header", "identical", change("diff --git a/src/tool.c b/src/tool.c\nindex 1111111..2222222 100644\n--- a/src", "Index: t-1/src/tool.c\n====\n--- t-1.orig/src", "+++ b/src", "+++ t-1/src").Replace(posted)},
		{"other context", "changes", change("\tapply(label);", "\tapply_now(label);").Replace(posted)},
		{"a prefix", "changes", change("a/src", "a/tool/src", "b/src", "b/tool/src").Replace(posted)},
		{"a second version", "near", change("-EINVAL", "-ERANGE").Replace(posted)},
		{"another change", "", change("n > LABEL_MAX", "n < 0", "-EINVAL", "0", "copy(label, text, n)", "apply(NULL)", "copy_label(label, text, n + 1)", "apply(text)").Replace(posted)},
	} {
		got := Compare(parsed(t, []byte(posted)), parsed(t, []byte(tt.other)))
		if got.Same != tt.want {
			t.Errorf("%s: Same = %q (%.2f), want %q\n%+v", tt.name, got.Same, got.Score, tt.want, got.Evidence)
		}
		back := Compare(parsed(t, []byte(tt.other)), parsed(t, []byte(posted)))
		if back.Same != got.Same {
			t.Errorf("%s: Same = %q one way, %q the other", tt.name, got.Same, back.Same)
		}
	}
}

func TestSet(t *testing.T) {
	s := NewSet()
	for i := range 200 { // other patches that share the common lines
		other := strings.NewReplacer("LABEL_MAX", fmt.Sprint("MAX_", i), "copy_label", fmt.Sprint("copy_", i), "copy(", fmt.Sprint("cp", i, "("), "tool.c", fmt.Sprint("f", i, ".c"), "-EINVAL", fmt.Sprint(-i)).Replace(posted)
		s.Add(fmt.Sprint("other ", i), parsed(t, []byte(other)))
	}
	s.Add("v1", parsed(t, []byte(strings.Replace(posted, "-EINVAL", "-ERANGE", 1))))
	s.Add("replaced", parsed(t, []byte(posted)))
	s.Add("carried", parsed(t, []byte(strings.Replace(posted, "apply(", "apply_now(", 1))))
	s.Add("replaced", parsed(t, []byte("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-nothing\n+alike\n")))
	var got []string
	for _, m := range s.Find(parsed(t, []byte(posted))) {
		got = append(got, m.Key+" "+m.Same)
	}
	if diff := cmp.Diff([]string{"carried changes", "v1 near"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Len() != 203 {
		t.Errorf("Len = %d, want 203", s.Len())
	}
}

func TestAuthorKey(t *testing.T) {
	ann := newAuthorKey("Ann Example", "Ann@Example.org")
	for _, tt := range []struct {
		name, email string
		want        bool
	}{
		{"Ann Example", "ann@work.example", true},
		{"A. Example", "ann@example.org", true},
		{`"Ann Example via lists.example.com"`, "lists@lists.example.com", true},
		{"Somebody via lists", "ann=example.org@lists.example.com", true},
		{"Bob Example", "bob@example.org", false},
		{"", "", false},
	} {
		if got := ann.same(newAuthorKey(tt.name, tt.email)); got != tt.want {
			t.Errorf("%s <%s>: %v, want %v", tt.name, tt.email, got, tt.want)
		}
	}
}
