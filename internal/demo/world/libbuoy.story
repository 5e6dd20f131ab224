# libbuoy: a small library. Most of its patches are pull requests that Fiona
# merges; some come by mail.

== begin
by: fiona 600d

Begin with 0.9.0
== tag v0.9.0
by: fiona 599d

libbuoy 0.9.0
== commit ci
by: fiona 590d

Add a workflow that builds and tests

@@ .ci/build.yml
+steps:
+  - meson setup build -Dwerror=true
+  - ninja -C build
+  - ninja -C build test
== pull 3
== commit strdup-checks
by: jonas 575d

manifest: check what strdup() returns

@@ src/manifest.c
 	grown[f->nlabels].key = strdup(key);
 	grown[f->nlabels].value = strdup(value);
+	if (!grown[f->nlabels].key || !grown[f->nlabels].value) {
+		free(grown[f->nlabels].key);
+		free(grown[f->nlabels].value);
+		return ENOMEM;
+	}
 	f->nlabels++;
== merge pull/3
by: fiona 573d

Merge pull request #3 from jonas/strdup

manifest: check what strdup() returns
== pull 5
== commit readme-build
by: wren 561d

README: say how to install

@@ README.md
     meson setup build && ninja -C build test
+
+and install it with `ninja -C build install`.
== merge pull/5
by: fiona 560d

Merge pull request #5 from wren/readme

README: say how to install
== pull 8
== commit digest-known
by: priya 548d

digest: accept sha512 too

@@ src/digest.c
-	if (strncmp(digest, "sha256:", 7) != 0)
+	size_t want = 64;
+
+	if (strncmp(digest, "sha512:", 7) == 0)
+		want = 128;
+	else if (strncmp(digest, "sha256:", 7) != 0)
 		return 0;
@@ src/digest.c
-	return n == 64;
+	return n == want;
 }
== commit digest-test
by: priya 548d

tests: cover both digests

@@ tests/t_digest.c
+#include "buoy.h"
+#include "check.h"
+
+#define HALF "0123456789abcdef0123456789abcdef"
+
+int main(void)
+{
+	CHECK(buoy_digest_valid("sha256:" HALF HALF));
+	CHECK(buoy_digest_valid("sha512:" HALF HALF HALF HALF));
+	CHECK(!buoy_digest_valid("sha512:" HALF HALF));
+	CHECK(!buoy_digest_valid("md5:" HALF));
+	return 0;
+}
@@ tests/meson.build
 tests = [
+  'digest',
   'escape',
== merge pull/8
by: fiona 545d

Merge pull request #8 from priya/sha512

digest: accept sha512 too
== commit news-091
by: fiona 540d

News for 0.9.1

@@ NEWS.md
 # News
 
+## 0.9.1
+- Digests can be sha512.
+- Out of memory is an error everywhere.
+
 ## 0.9.0
== commit release-0.9.1
by: fiona 540d

libbuoy 0.9.1

@@ meson.build
-project('libbuoy', 'c', version: '0.9.0', default_options: ['c_std=gnu11', 'warning_level=2'])
+project('libbuoy', 'c', version: '0.9.1', default_options: ['c_std=gnu11', 'warning_level=2'])
== tag v0.9.1
by: fiona 539d

libbuoy 0.9.1
== pull 11
== commit find-sorted
by: wren 522d

manifest: look names up by bisection when they are sorted

Merging two manifests of some thousand files took seconds.

@@ src/manifest.c
 struct buoy_file *buoy_find(const struct buoy_manifest *m, const char *path)
 {
-	size_t i;
+	size_t i, low = 0, high = m->nfiles;
 
+	while (m->sorted && low < high) {
+		size_t mid = low + (high - low) / 2;
+		int order = strcmp(path, m->files[mid].path);
+
+		if (order == 0)
+			return &m->files[mid];
+		if (order < 0)
+			high = mid;
+		else
+			low = mid + 1;
+	}
+	if (m->sorted)
+		return NULL;
 	for (i = 0; i < m->nfiles; i++)
@@ include/buoy.h
 	struct buoy_file *files;
 	size_t nfiles, room;
+	int sorted;			/* files are in the order of their paths */
 };
@@ src/write.c
 	qsort(m->files, m->nfiles, sizeof(*m->files), by_path);
+	((struct buoy_manifest *)m)->sorted = 1;
 	for (i = 0; i < m->nfiles; i++) {
== commit add-unsorted
by: wren 522d

manifest: a new file may end the order

@@ src/manifest.c
 	f->path = strdup(path);
 	if (!f->path)
 		return NULL;
+	if (m->nfiles > 0 && strcmp(m->files[m->nfiles - 1].path, path) > 0)
+		m->sorted = 0;
 	m->nfiles++;
== merge pull/11
by: fiona 515d

Merge pull request #11 from wren/bisect

manifest: look names up by bisection
== commit ci-32
by: fiona 510d

Build for 32 bits as well

@@ .ci/build.yml
   - ninja -C build test
+  - meson setup build32 --cross-file .ci/i686.txt
+  - ninja -C build32 test
@@ .ci/i686.txt
+[binaries]
+c = ['gcc', '-m32']
== pull 14
== commit test-merge
by: jonas 497d

tests: merge two manifests

@@ tests/t_merge.c
+#include <string.h>
+
+#include "buoy.h"
+#include "check.h"
+
+int main(void)
+{
+	struct buoy_manifest *a = buoy_new(), *b = buoy_new();
+
+	CHECK(buoy_label(buoy_add(a, "etc/hosts"), "owner", "root") == 0);
+	CHECK(buoy_label(buoy_add(b, "etc/hosts"), "security", "etc_t") == 0);
+	CHECK(buoy_add(b, "bin/sh"));
+	CHECK(buoy_merge(a, b) == 0);
+	CHECK(a->nfiles == 2);
+	CHECK(buoy_find(a, "etc/hosts")->nlabels == 2);
+	buoy_free(a);
+	buoy_free(b);
+	return 0;
+}
@@ tests/meson.build
   'escape',
+  'merge',
   'parse',
== commit merge-digest
by: jonas 496d

manifest: take the digest over when merging

@@ src/manifest.c
 		g->size = f->size;
+		if (f->digest && !g->digest)
+			g->digest = strdup(f->digest);
 		for (k = 0; k < f->nlabels; k++)
== merge pull/14
by: fiona 490d

Merge pull request #14 from jonas/merge

manifest: take the digest over when merging
== pull 17
== commit line-number
by: priya 472d

parse: count the lines of files that end without a newline

@@ tests/t_parse.c
 	fclose(in);
+	in = fmemopen("file a\n  size x", 14, "r");
+	CHECK(buoy_parse(m, in) == 2);
+	fclose(in);
 	buoy_free(m);
== merge pull/17
by: fiona 470d

Merge pull request #17 from priya/lines

parse: count lines to the end
== commit news-092
by: fiona 462d

News for 0.9.2

@@ NEWS.md
 # News
 
+## 0.9.2
+- Big manifests are merged quickly.
+- Merging keeps digests.
+
 ## 0.9.1
== commit release-0.9.2
by: fiona 462d

libbuoy 0.9.2

@@ meson.build
-project('libbuoy', 'c', version: '0.9.1', default_options: ['c_std=gnu11', 'warning_level=2'])
+project('libbuoy', 'c', version: '0.9.2', default_options: ['c_std=gnu11', 'warning_level=2'])
== tag v0.9.2
by: fiona 461d

libbuoy 0.9.2
== pull 19
== commit comment-lines
by: dai 447d

README: describe comments

@@ README.md
       label security=system_u:object_r:bin_t
 
+Lines that begin with # are comments.
+
 Build it with meson:
== merge pull/19
by: fiona 446d

Merge pull request #19 from dai/comments

README: describe comments
== pull 22
== commit parse-double
by: wren 431d

parse: refuse a second digest for a file

@@ src/parse.c
 		} else if (strcmp(key, "digest") == 0) {
+			if (f->digest)
+				return number;
 			f->digest = strdup(word(&rest));
== commit parse-double-test
by: wren 431d

tests: a file with two digests

@@ tests/t_parse.c
 	CHECK(buoy_parse(m, in) == 2);
 	fclose(in);
+	in = fmemopen("file b\n  digest x\n  digest y\n", 29, "r");
+	CHECK(buoy_parse(m, in) == 3);
+	fclose(in);
 	buoy_free(m);
== merge pull/22
by: fiona 425d

Merge pull request #22 from wren/digest-twice

parse: refuse a second digest for a file
== pull 23
== commit write-buffer
by: jonas 409d

write: give the stream a buffer

@@ src/write.c
 	size_t i;
 
+	setvbuf(out, NULL, _IOFBF, 1 << 16);
 	qsort(m->files, m->nfiles, sizeof(*m->files), by_path);
== merge pull/23
by: fiona 405d

Merge pull request #23 from jonas/buffer

write: give the stream a buffer
== commit revert-buffer
by: fiona 398d

Revert "write: give the stream a buffer"

This reverts commit {{commit libbuoy/write-buffer}}.

setvbuf() must come before anything else is done with the stream, and we do not
know what the caller did.

@@ src/write.c
 	size_t i;
 
-	setvbuf(out, NULL, _IOFBF, 1 << 16);
 	qsort(m->files, m->nfiles, sizeof(*m->files), by_path);
== pull 26
== commit label-sorted
by: priya 380d

write: sort the labels of a file

Manifests of the same image differed by the order in which labels were found.

@@ src/write.c
 static int write_labels(const struct buoy_file *f, FILE *out)
 {
 	size_t i;
 
+	if (f->nlabels > 1)
+		qsort(f->labels, f->nlabels, sizeof(*f->labels), by_key);
 	for (i = 0; i < f->nlabels; i++) {
@@ src/write.c
 	return strcmp(x->path, y->path);
 }
 
+static int by_key(const void *a, const void *b)
+{
+	const struct buoy_label *x = a, *y = b;
+
+	return strcmp(x->key, y->key);
+}
+
 static int write_labels(const struct buoy_file *f, FILE *out)
== merge pull/26
by: fiona 371d

Merge pull request #26 from priya/stable-output

write: sort the labels of a file
== commit news-093
by: fiona 365d

News for 0.9.3

@@ NEWS.md
 # News
 
+## 0.9.3
+- Labels are written in order.
+- A file cannot have two digests.
+
 ## 0.9.2
== commit release-0.9.3
by: fiona 365d

libbuoy 0.9.3

@@ meson.build
-project('libbuoy', 'c', version: '0.9.2', default_options: ['c_std=gnu11', 'warning_level=2'])
+project('libbuoy', 'c', version: '0.9.3', default_options: ['c_std=gnu11', 'warning_level=2'])
== tag v0.9.3
by: fiona 364d

libbuoy 0.9.3
== pull 29
== commit pkgconfig
by: wren 349d

meson: write a pkg-config file

@@ meson.build
 install_headers('include/buoy.h')
 
+import('pkgconfig').generate(libbuoy, description: 'image manifests')
+
 subdir('tests')
== merge pull/29
by: fiona 346d

Merge pull request #29 from wren/pkgconfig

meson: write a pkg-config file
== pull 31
== commit hex-upper
by: dai 328d

escape: read upper case digits as well

@@ src/escape.c
 static int digit(char c)
 {
-	const char *at = c ? strchr(hex, c) : NULL;
+	const char *at = c ? strchr(hex, c | 0x20) : NULL;
 
@@ tests/t_escape.c
 	CHECK(strcmp(t, "a b%") == 0);
 	free(s);
 	free(t);
+	t = buoy_unescape("%C3%B6");
+	CHECK(strcmp(t, "\xc3\xb6") == 0);
+	free(t);
 	return 0;
== merge pull/31
by: fiona 322d

Merge pull request #31 from dai/upper

escape: read upper case digits as well
== pull 32
== commit free-null
by: jonas 311d

manifest: let buoy_free() take NULL

@@ src/manifest.c
 	size_t i;
 
+	if (!m)
+		return;
 	for (i = 0; i < m->nfiles; i++)
 		free_file(&m->files[i]);
== merge pull/32
by: fiona 308d

Merge pull request #32 from jonas/free-null

manifest: let buoy_free() take NULL
== pull 34
== commit fuzz
by: samuel 290d

tests: a target for fuzzing the parser

@@ tests/fuzz_parse.c
+#include "buoy.h"
+
+int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
+
+int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
+{
+	struct buoy_manifest *m = buoy_new();
+	FILE *in = fmemopen((void *)data, size, "r");
+
+	if (in) {
+		buoy_parse(m, in);
+		fclose(in);
+	}
+	buoy_free(m);
+	return 0;
+}
== commit fuzz-ci
by: samuel 290d

Fuzz for a minute on every change

@@ .ci/build.yml
   - ninja -C build test
   - meson setup build32 --cross-file .ci/i686.txt
   - ninja -C build32 test
+  - clang -fsanitize=fuzzer,address -Iinclude -o fuzz tests/fuzz_parse.c src/*.c
+  - ./fuzz -max_total_time=60
== merge pull/34
by: fiona 281d

Merge pull request #34 from samuel/fuzz

tests: a target for fuzzing the parser
== commit digest-leak
by: fiona 279d

parse: an empty digest is an error

Found by the new fuzzing.

@@ src/parse.c
 			f->digest = strdup(word(&rest));
+			if (!f->digest || !*f->digest)
+				return number;
 		} else if (strcmp(key, "label") == 0) {
== commit news-094
by: fiona 270d

News for 0.9.4

@@ NEWS.md
 # News
 
+## 0.9.4
+- There is a pkg-config file.
+- The parser is fuzzed.
+
 ## 0.9.3
== commit release-0.9.4
by: fiona 270d

libbuoy 0.9.4

@@ meson.build
-project('libbuoy', 'c', version: '0.9.3', default_options: ['c_std=gnu11', 'warning_level=2'])
+project('libbuoy', 'c', version: '0.9.4', default_options: ['c_std=gnu11', 'warning_level=2'])
== tag v0.9.4
by: fiona 269d

libbuoy 0.9.4
== pull 37
== commit readme-labels
by: priya 255d

README: name the labels that tools agree on

@@ README.md
 Lines that begin with # are comments.
 
+Tools agree on these labels: security (of SELinux), capability, owner.
+
 Build it with meson:
== merge pull/37
by: fiona 252d

Merge pull request #37 from priya/labels

README: name the labels that tools agree on
== pull 40
== commit size-overflow
by: samuel 214d

parse: refuse sizes that do not fit

A size of 30 digits wrapped around. A reader that allocates by it wrote behind
its buffer: CVE-2099-0417.

@@ src/parse.c
 		if (!isdigit((unsigned char)*s))
 			return -1;
+		if (n > (UINT64_MAX - (*s - '0')) / 10)
+			return -1;
 		n = 10 * n + (*s - '0');
@@ tests/t_parse.c
 	CHECK(buoy_parse(m, in) == 3);
 	fclose(in);
+	in = fmemopen("file c\n  size 99999999999999999999\n", 35, "r");
+	CHECK(buoy_parse(m, in) == 2);
+	fclose(in);
 	buoy_free(m);
== merge pull/40
by: fiona 213d

Merge pull request #40 from samuel/overflow

parse: refuse sizes that do not fit
== pull 42
== commit commas
by: ana 202d

escape: escape commas in values

A list of capabilities has commas, and programs that split manifests at them
read half of a value.

@@ src/escape.c
 {
-	return c > ' ' && c < 0x7f && c != '%';
+	return c > ' ' && c < 0x7f && c != '%' && c != ',';
 }
@@ tests/t_escape.c
 	CHECK(strcmp(t, "\xc3\xb6") == 0);
 	free(t);
+	s = buoy_escape("cap_chown,cap_kill");
+	CHECK(strcmp(s, "cap_chown%2ccap_kill") == 0);
+	free(s);
 	return 0;
== merge pull/42
by: fiona 196d

Merge pull request #42 from ana-prado/commas

escape: escape commas in values
== pull 43
== commit long-lines
by: wren 181d

parse: lines of any length

Labels of 4 KB exist. fgets() cut them in two.

@@ src/parse.c
-#define LINE_MAX_LEN 4096
-
 static char *word(char **rest)
@@ src/parse.c
-	char line[LINE_MAX_LEN];
+	char *line = NULL;
+	size_t room = 0;
 	struct buoy_file *f = NULL;
 	int number = 0;
 
-	while (fgets(line, sizeof(line), in)) {
+	while (getline(&line, &room, in) >= 0) {
@@ src/parse.c
 			return number;
 		}
 	}
+	free(line);
 	return 0;
 }
== merge pull/43
by: fiona 174d

Merge pull request #43 from wren/getline

parse: lines of any length
== commit news-095
by: fiona 168d

News for 0.9.5

@@ NEWS.md
 # News
 
+## 0.9.5
+- CVE-2099-0417: sizes that do not fit are refused.
+- Commas in values are escaped.
+- Lines can have any length.
+
 ## 0.9.4
== commit release-0.9.5
by: fiona 168d

libbuoy 0.9.5

@@ meson.build
-project('libbuoy', 'c', version: '0.9.4', default_options: ['c_std=gnu11', 'warning_level=2'])
+project('libbuoy', 'c', version: '0.9.5', default_options: ['c_std=gnu11', 'warning_level=2'])
== tag v0.9.5
by: fiona 167d

libbuoy 0.9.5
== pull 46
== commit line-leak
by: jonas 150d

parse: free the line on errors too

@@ src/parse.c
-int buoy_parse(struct buoy_manifest *m, FILE *in)
-{
-	char *line = NULL;
-	size_t room = 0;
+static int parse_lines(struct buoy_manifest *m, FILE *in, char **line, size_t *room)
+{
 	struct buoy_file *f = NULL;
 	int number = 0;
 
-	while (getline(&line, &room, in) >= 0) {
-		char *rest = line, *key;
+	while (getline(line, room, in) >= 0) {
+		char *rest = *line, *key;
@@ src/parse.c
 			return number;
 		}
 	}
-	free(line);
 	return 0;
 }
+
+int buoy_parse(struct buoy_manifest *m, FILE *in)
+{
+	char *line = NULL;
+	size_t room = 0;
+	int err = parse_lines(m, in, &line, &room);
+
+	free(line);
+	return err;
+}
== merge pull/46
by: fiona 147d

Merge pull request #46 from jonas/leak

parse: free the line on errors too
== pull 49
== commit const-find
by: dai 129d

manifest: do not write into a const manifest

@@ include/buoy.h
-int buoy_write(const struct buoy_manifest *m, FILE *out);
+int buoy_write(struct buoy_manifest *m, FILE *out);
@@ src/write.c
-int buoy_write(const struct buoy_manifest *m, FILE *out)
+int buoy_write(struct buoy_manifest *m, FILE *out)
@@ src/write.c
-	((struct buoy_manifest *)m)->sorted = 1;
+	m->sorted = 1;
== merge pull/49
by: fiona 125d

Merge pull request #49 from dai/const

manifest: do not write into a const manifest
== commit news-0100
by: fiona 110d

News for 0.10.0

@@ NEWS.md
 # News
 
+## 0.10.0
+- buoy_write() does not take const any more.
+
 ## 0.9.5
== commit release-0.10.0
by: fiona 110d

libbuoy 0.10.0

@@ meson.build
-project('libbuoy', 'c', version: '0.9.5', default_options: ['c_std=gnu11', 'warning_level=2'])
+project('libbuoy', 'c', version: '0.10.0', default_options: ['c_std=gnu11', 'warning_level=2'])
@@ meson.build
-  version: '1.0.0',
+  version: '2.0.0',
== tag v0.10.0
by: fiona 109d

libbuoy 0.10.0
== pull 52
== commit digest-lower
by: priya 92d

digest: only lower case is valid

@@ src/digest.c
-		if (!isxdigit((unsigned char)*digest))
+		if (!isxdigit((unsigned char)*digest) || isupper((unsigned char)*digest))
 			return 0;
== merge pull/52
by: fiona 88d

Merge pull request #52 from priya/lower

digest: only lower case is valid
== pull 54
== commit example
by: wren 61d

Add an example

@@ examples/labels.c
+/* labels.c - print the security label of every file in a manifest */
+#include <string.h>
+
+#include "buoy.h"
+
+int main(void)
+{
+	struct buoy_manifest *m = buoy_new();
+	size_t i, k;
+
+	if (!m || buoy_parse(m, stdin) != 0)
+		return 1;
+	for (i = 0; i < m->nfiles; i++)
+		for (k = 0; k < m->files[i].nlabels; k++)
+			if (strcmp(m->files[i].labels[k].key, "security") == 0)
+				printf("%s %s\n", m->files[i].labels[k].value, m->files[i].path);
+	buoy_free(m);
+	return 0;
+}
== merge pull/54
by: fiona 55d

Merge pull request #54 from wren/example

Add an example
== commit readme-example
by: fiona 54d

README: point to the example

@@ README.md
 Patches are welcome as pull requests, or as mail to buoy-devel@lists.example.net.
+A small example is in examples/.
== commit mail-unsorted
by: marcin 41d
applied: fiona 37d

manifest: keep the order when nothing was added

Sent by mail.

@@ src/manifest.c
 	f = &m->files[m->nfiles];
 	memset(f, 0, sizeof(*f));
+	if (m->nfiles == 0)
+		m->sorted = 1;
 	f->path = strdup(path);

# What the product has on its own: one for 0.9.3, made anew twice, and more for
# 0.9.4.

== branch work/skip-labels at v0.9.3
== commit skip-labels
by: tomasz 352d

parse: skip labels of other tools

The build farm writes labels of its own; their values may have any bytes.

@@ src/parse.c
 		} else if (strcmp(key, "label") == 0) {
+			if (strncmp(rest, "x-", 2) == 0)
+				continue;
== branch work/skip-labels-2 at v0.9.4
== pick skip-labels-2 from skip-labels
== branch work/harbor at v0.9.4
== pick h-commas from commas
== pick h-size-overflow from size-overflow
== pick skip-labels-3 from skip-labels
== commit strict-keys
by: ana 9d

parse: name the key that is not known

buoy_parse() says the line, but a person wants to know which word is wrong.

@@ src/parse.c
 		} else {
+			fprintf(stderr, "line %d: unknown key %s\n", number, key);
 			return number;
 		}

# Sent by mail, not merged.

== branch work/strict at v0.10.0
== pick strict-v1 from strict-keys
== branch work/label-memory at v0.10.0
== commit label-memory
by: tomasz 51d

manifest: notice when a label cannot be copied

@@ src/manifest.c
 	grown[f->nlabels].key = strdup(key);
 	grown[f->nlabels].value = strdup(value);
+	if (!grown[f->nlabels].key || !grown[f->nlabels].value)
+		return ENOMEM;
== branch work/merge-labels at v0.10.0
== commit merge-conflict
by: jonas 30d

manifest: say when merging meets two values for one label

@@ src/manifest.c
 		for (k = 0; k < f->nlabels; k++)
-			buoy_label(g, f->labels[k].key, f->labels[k].value);
+			if (buoy_label(g, f->labels[k].key, f->labels[k].value) != 0)
+				return ENOMEM;
 	}
== commit merge-conflict-doc
by: jonas 30d

README: what merging does

@@ README.md
 Lines that begin with # are comments.
 
+When two manifests are merged, the second one's labels win.
+
 Tools agree on these labels: security (of SELinux), capability, owner.
