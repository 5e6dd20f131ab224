# extfs-tools: C programs for a file system. Edwin maintains it; patches come
# by mail. The branch next is what he tries out.

== begin
by: edwin 640d
signed: yes

extfs-tools: begin the history with 1.46.4

What was before is in the tarballs.
== tag v1.46.4
by: edwin 639d

extfs-tools 1.46.4
== commit po-de-1
by: lotte 631d
applied: edwin 630d

po: update German

@@ po/de.po
 msgid "too many blocks"
 msgstr "zu viele Blöcke"
+
+msgid "attribute block cannot be read"
+msgstr "Attributblock nicht lesbar"
== commit inode-leak
by: kenji 622d
applied: edwin 620d

lib/inode: free the buffer when a read fails

inode_write() returned without freeing it.

@@ lib/inode.c
 	err = extfs_read(fs, blk, buf);
-	if (err)
-		return err;
-	memcpy(buf + offs, in, sizeof(*in));
-	err = extfs_write(fs, blk, buf);
+	if (!err) {
+		memcpy(buf + offs, in, sizeof(*in));
+		err = extfs_write(fs, blk, buf);
+	}
 	free(buf);
== commit bitmap-free
by: noor 611d
applied: edwin 607d
reviewed: petra

lib/bitmap: make bitmap_free() safe to call twice

@@ lib/bitmap.c
 	free(b->bits);
+	b->bits = NULL;
+	b->nbits = 0;
 }
== commit test-hash
by: samuel 603d
applied: edwin 600d

tests: cover the hash of directories

The values are those of the images that 1.40 made. They must never change.

@@ tests/t_hash.c
+#include <string.h>
+
+#include "check.h"
+#include "extfs.h"
+
+static const char *const names[] = { "a", "lost+found", "README", "usr" };
+
+int main(void)
+{
+	unsigned i, k;
+
+	for (i = 0; i < 4; i++) {
+		uint32_t h = dir_hash(names[i], strlen(names[i]));
+
+		CHECK((h & 1) == 0);
+		for (k = 0; k < i; k++)
+			CHECK(dir_hash(names[k], strlen(names[k])) != h);
+	}
+	return 0;
+}
@@ tests/tests.mk
 	tests/t_bitmap \
+	tests/t_hash \
 	tests/t_xattr
== commit po-sv-1
by: petra 596d
applied: edwin 594d

po: update Swedish

@@ po/sv.po
 msgid "too many blocks"
 msgstr "för många block"
+
+msgid "more free blocks than blocks"
+msgstr "fler fria block än block"
== commit crc-table
by: samuel 582d
applied: edwin 577d
reviewed: kenji

lib/crc: four bits at a time

Eight steps for each byte are slow on big images. A table of 16 entries fits
into a cache line and makes it three times as fast.

@@ lib/crc.c
-/* crc.c - CRC-32C (Castagnoli), a bit at a time */
+/* crc.c - CRC-32C (Castagnoli), four bits at a time */
 #include "config.h"
 
 #include "extfs.h"
 
-#define POLY 0x82F63B78u
+static const uint32_t table[16] = {
+	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
+	0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
+	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
+	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
+};
@@ lib/crc.c
 	const uint8_t *p = data;
-	int k;
 
 	while (len--) {
 		crc ^= *p++;
-		for (k = 0; k < 8; k++)
-			crc = (crc & 1) ? (crc >> 1) ^ POLY : crc >> 1;
+		crc = (crc >> 4) ^ table[crc & 15];
+		crc = (crc >> 4) ^ table[crc & 15];
 	}
== commit test-crc
by: samuel 581d
applied: edwin 577d

tests: check the CRC against known values

@@ tests/t_crc.c
+#include "check.h"
+#include "extfs.h"
+
+int main(void)
+{
+	const uint8_t zeros[32] = { 0 };
+
+	CHECK(~crc32c(~0u, "123456789", 9) == 0xe3069283u);
+	CHECK(~crc32c(~0u, zeros, 32) == 0x8a9136aau);
+	CHECK(crc32c(17, zeros, 0) == 17);
+	return 0;
+}
@@ tests/tests.mk
 	tests/t_bitmap \
+	tests/t_crc \
 	tests/t_hash \
== commit man-typo-1
by: dai 560d
applied: edwin 559d

man: say what happens without -d

@@ man/mkextfs.8
 .I directory
 into the new file system, with owners, modes and times.
+Without it the file system has nothing but a root directory.
== commit fsck-root
by: noor 549d
applied: edwin 545d
reviewed: petra

extfsck: the root must be a directory

@@ src/extfsck.c
 #include <stdio.h>
 #include <string.h>
+#include <sys/stat.h>
 #include <unistd.h>
@@ src/extfsck.c
 		if (in.i_links == 0)
 			continue;
+		if (ino == EXTFS_ROOT_INO && !S_ISDIR(in.i_mode))
+			problem(ino, "the root is no directory");
 		if (in.i_blocks > 15)
== commit po-nl-1
by: dai 546d
applied: edwin 544d

po: add Dutch

@@ po/nl.po
+# Dutch messages of extfs-tools
+msgid ""
+msgstr ""
+"Content-Type: text/plain; charset=UTF-8\n"
+
+msgid "too many blocks"
+msgstr "te veel blokken"
== commit po-fr-1
by: olivier 540d
applied: edwin 538d

po: update French

@@ po/fr.po
 msgid "too many blocks"
 msgstr "trop de blocs"
+
+msgid "the root is no directory"
+msgstr "la racine n'est pas un répertoire"
== commit dry-run
by: petra 521d
applied: edwin 512d
reviewed: noor

mkextfs: add -n, which only says what it would do

@@ src/mkextfs.c
 	unsigned long inodes;
+	int dry;
 	int quiet;
@@ src/mkextfs.c
 		"  -L LABEL  name of the file system\n"
+		"  -n        only say what would be done\n"
 		"  -N COUNT  number of inodes\n"
@@ src/mkextfs.c
-	while ((c = getopt(argc, argv, "b:d:L:N:q")) != -1) {
+	while ((c = getopt(argc, argv, "b:d:L:nN:q")) != -1) {
@@ src/mkextfs.c
 			o->label = optarg;
 			break;
+		case 'n':
+			o->dry = 1;
+			break;
 		case 'N':
@@ src/mkextfs.c
 	fs.block_size = o.block_size;
+	if (o.dry) {
+		printf("%lu blocks of %u bytes, %lu inodes\n", o.blocks, o.block_size, o.inodes);
+		return 0;
+	}
 	fs.fd = open(o.device, O_RDWR | O_CREAT, 0644);
@@ man/mkextfs.8
 .TP
+.B \-n
+Say what would be done, and do nothing.
+.TP
 .BI \-N " count"
== commit io-retry
by: kenji 498d
applied: edwin 490d
reviewed: samuel

lib/io: go on after short reads and writes

Network block devices return less than was asked for now and then. That is no
error.

@@ lib/io.c
 	off_t at = (off_t)blk * fs->block_size;
-	ssize_t n;
+	size_t done = 0;
 
-	n = pread(fs->fd, buf, fs->block_size, at);
-	if (n < 0)
-		return errno;
-	if ((size_t)n != fs->block_size)
-		return EIO;
+	while (done < fs->block_size) {
+		ssize_t n = pread(fs->fd, (char *)buf + done, fs->block_size - done, at + done);
+
+		if (n < 0 && errno == EINTR)
+			continue;
+		if (n < 0)
+			return errno;
+		if (n == 0)
+			return EIO;
+		done += n;
+	}
 	return 0;
@@ lib/io.c
 	off_t at = (off_t)blk * fs->block_size;
-	ssize_t n;
+	size_t done = 0;
 
-	n = pwrite(fs->fd, buf, fs->block_size, at);
-	if (n < 0)
-		return errno;
-	if ((size_t)n != fs->block_size)
-		return EIO;
+	while (done < fs->block_size) {
+		ssize_t n = pwrite(fs->fd, (const char *)buf + done, fs->block_size - done, at + done);
+
+		if (n < 0 && errno == EINTR)
+			continue;
+		if (n < 0)
+			return errno;
+		done += n;
+	}
 	return 0;
== commit po-es-1
by: ivo 491d
applied: edwin 489d

po: add Spanish

@@ po/es.po
+# Spanish messages of extfs-tools
+msgid ""
+msgstr ""
+"Content-Type: text/plain; charset=UTF-8\n"
+
+msgid "too many blocks"
+msgstr "demasiados bloques"
== commit po-de-2
by: lotte 480d
applied: edwin 479d

po: update German

@@ po/de.po
 msgid "attribute block cannot be read"
 msgstr "Attributblock nicht lesbar"
+
+msgid "the root is no directory"
+msgstr "die Wurzel ist kein Verzeichnis"
== commit gitignore
by: dai 466d
applied: edwin 465d

gitignore: what the tests leave behind

@@ .gitignore
 /config.h
 /configure
+/test-suite.log
+/tests/*.log
+/tests/*.trs
== commit po-pl-1
by: marcin 466d
applied: edwin 464d

po: add Polish

@@ po/pl.po
+# Polish messages of extfs-tools
+msgid ""
+msgstr ""
+"Content-Type: text/plain; charset=UTF-8\n"
+
+msgid "too many blocks"
+msgstr "za dużo bloków"
== commit popcount
by: samuel 452d
applied: edwin 447d

lib/bitmap: count eight bits at a time

@@ lib/bitmap.c
 uint32_t bitmap_count(const struct extfs_bitmap *b)
 {
-	uint32_t i, n = 0;
+	uint32_t i, n = 0, whole = b->nbits / 8;
 
-	for (i = 0; i < b->nbits; i++)
+	for (i = 0; i < whole; i++)
+		n += __builtin_popcount(b->bits[i]);
+	for (i = 8 * whole; i < b->nbits; i++)
 		if (bitmap_test(b, i))
== commit dump-features
by: petra 437d
applied: edwin 431d

dumpextfs: show the features

@@ src/dumpextfs.c
 	printf("inode size:  %u\n", s->s_inode_size);
+	printf("features:    0x%04x\n", s->s_features);
 }
== commit readme-mail
by: edwin 425d

README: where the archive of the list is

@@ README
 Patches go to extfs-devel@lists.example.org, as mail, made by git
 format-patch. Please run the tests first:
+(The archive is https://lists.example.org/archives/extfs-devel/.)
== commit po-nl-2
by: dai 426d
applied: edwin 424d

po: update Dutch

@@ po/nl.po
 msgid "too many blocks"
 msgstr "te veel blokken"
+
+msgid "more free blocks than blocks"
+msgstr "meer vrije blokken dan blokken"
== commit test-io
by: kenji 415d
applied: edwin 409d

tests: write a block and read it again

@@ tests/t_io.c
+#include <stdio.h>
+#include <string.h>
+
+#include "check.h"
+#include "extfs.h"
+
+int main(void)
+{
+	struct extfs fs = { .block_size = 1024 };
+	char out[1024], in[1024];
+	FILE *f = tmpfile();
+
+	CHECK(f);
+	fs.fd = fileno(f);
+	memset(out, 0x5a, sizeof(out));
+	CHECK(extfs_write(&fs, 3, out) == 0);
+	CHECK(extfs_read(&fs, 3, in) == 0);
+	CHECK(memcmp(in, out, sizeof(in)) == 0);
+	CHECK(extfs_read(&fs, 4, in) != 0);
+	return 0;
+}
@@ tests/tests.mk
 	tests/t_hash \
+	tests/t_io \
 	tests/t_xattr
== commit po-es-2
by: ivo 410d
applied: edwin 408d

po: update Spanish

@@ po/es.po
 msgid "too many blocks"
 msgstr "demasiados bloques"
+
+msgid "more free blocks than blocks"
+msgstr "más bloques libres que bloques"
== commit release-1.47.0
by: edwin 402d

extfs-tools 1.47.0

@@ configure.ac
-AC_INIT([extfs-tools], [1.46.4], [extfs-devel@lists.example.org])
+AC_INIT([extfs-tools], [1.47.0], [extfs-devel@lists.example.org])
@@ NEWS
+extfs-tools 1.47.0 ({{date 402d}})
+ - mkextfs: -n says what would be done
+ - extfsck: checks the root directory
+ - checksums are three times as fast
+
 extfs-tools 1.46.4
== tag v1.47.0
by: edwin 401d

extfs-tools 1.47.0

# What the team carries: the queue of the product's release harbor-4. They
# wrote these for 1.47.0 and have kept them since.

== branch work/harbor-4 at v1.47.0
== commit hash-names
by: mira 262d

lib/xattr: hash names byte by byte as unsigned

char is signed on some machines and not on others. A name with a byte above
0x7f got another hash when the image was built on arm64 than the kernel
computes on the target, and the attribute was not found.

@@ lib/xattr.c
 static uint32_t name_hash(const char *name)
 {
+	const unsigned char *p = (const unsigned char *)name;
 	uint32_t hash = 0;
 
-	while (*name)
-		hash = (hash << NAME_SHIFT) ^ (hash >> (32 - NAME_SHIFT)) ^ *name++;
+	while (*p)
+		hash = (hash << NAME_SHIFT) ^ (hash >> (32 - NAME_SHIFT)) ^ *p++;
 	return hash;
 }
@@ tests/t_xattr.c
 	CHECK(xattr_set(l, "user.color", "red", 3) == 0);
+	CHECK(xattr_set(l, "user.gr\xc3\xb6\xc3\x9f" "e", "12", 2) == 0);
 	CHECK(xattr_set(l, "security.label", "system_u", 9) == 0);
@@ tests/t_xattr.c
-	CHECK(xattr_count(l) == 2);
+	CHECK(xattr_count(l) == 3);
== commit labels-1-first
by: mira 100d

populate: read security labels of files

An image that is labelled while it is built does not have to be relabelled on
the first boot, which takes minutes on small devices and needs a writable
root. Copy the extended attributes of each file into its attribute block.

@@ src/populate.c
 #include <sys/stat.h>
+#include <sys/xattr.h>
 #include <unistd.h>
@@ src/populate.c
 	in->i_links = 1;
 }
 
+static int copy_xattrs(struct extfs *fs, const char *path, struct extfs_inode *in)
+{
+	char names[65536], value[65536];
+	struct xattr_list *l;
+	ssize_t size, n;
+	char *name;
+	int err = 0;
+
+	size = listxattr(path, names, sizeof(names));
+	if (size <= 0)
+		return size < 0 ? errno : 0;
+	l = xattr_new();
+	if (!l)
+		return ENOMEM;
+	for (name = names; !err && name < names + size; name += strlen(name) + 1) {
+		n = getxattr(path, name, value, sizeof(value));
+		err = n < 0 ? errno : xattr_set(l, name, value, n);
+	}
+	if (!err)
+		err = alloc_block(fs, 0, &in->i_file_acl);
+	if (!err)
+		err = xattr_write_block(fs, in->i_file_acl, l);
+	xattr_free(l);
+	return err;
+}
+
 static int copy_data(struct extfs *fs, int fd, struct extfs_inode *in)
@@ src/populate.c
 	err = copy_data(fs, fd, &in);
 	close(fd);
+	if (!err)
+		err = copy_xattrs(fs, path, &in);
 	if (err)
 		return err;
 	return inode_write(fs, ino, &in);

# The series as it was sent, first and again. The second is what the layer
# carries.

== branch work/labels-v1 at v1.47.0
== pick labels-1-v1 from labels-1-first
== commit labels-2-v1
by: mira 100d

populate: keep labels of symlinks

@@ src/populate.c
 	char target[PATH_MAX];
 	ssize_t len;
+	int err;
 
 	set_owner(&in, st);
@@ src/populate.c
 	memcpy(in.i_block, target, len);
 	in.i_size = len;
+	err = copy_xattrs(fs, path, &in);
+	if (err)
+		return err;
 	return inode_write(fs, ino, &in);
 }
== commit labels-3-v1
by: mira 99d

mkextfs: add an option for file contexts

@@ src/mkextfs.c
 	const char *label;
+	const char *contexts;		/* file of labels by path, or NULL */
 	unsigned block_size;
@@ src/mkextfs.c
 		"  -N COUNT  number of inodes\n"
-		"  -q        say nothing but errors\n");
+		"  -q        say nothing but errors\n"
+		"  -Z FILE   take labels from this file\n");
@@ src/mkextfs.c
-	while ((c = getopt(argc, argv, "b:d:L:nN:q")) != -1) {
+	while ((c = getopt(argc, argv, "b:d:L:nN:qZ:")) != -1) {
@@ src/mkextfs.c
 		case 'q':
 			o->quiet = 1;
 			break;
+		case 'Z':
+			o->contexts = optarg;
+			break;
 		default:

== branch work/harbor-4-queue at v1.47.0
== pick h4-hash-names from hash-names
== commit labels-1
by: mira 79d
reviewed: noor

populate: read security labels of files

An image that is labelled while it is built does not have to be relabelled on
the first boot, which takes minutes on small devices and needs a writable
root. Copy the extended attributes of each file into its attribute block.

@@ src/populate.c
 #include <sys/stat.h>
+#include <sys/xattr.h>
 #include <unistd.h>
@@ src/populate.c
 	in->i_links = 1;
 }
 
+/* Read the value of one attribute; the caller frees it. */
+static int read_xattr(const char *path, const char *name, char **value, ssize_t *size)
+{
+	*size = lgetxattr(path, name, NULL, 0);
+	if (*size < 0)
+		return errno;
+	*value = malloc(*size + 1);
+	if (!*value)
+		return ENOMEM;
+	*size = lgetxattr(path, name, *value, *size);
+	if (*size < 0) {
+		free(*value);
+		return errno;
+	}
+	return 0;
+}
+
+static int copy_xattrs(struct extfs *fs, const char *path, struct extfs_inode *in)
+{
+	char *names, *name, *value;
+	struct xattr_list *l;
+	ssize_t all, size;
+	int err = 0;
+
+	all = llistxattr(path, NULL, 0);
+	if (all <= 0)
+		return all < 0 && errno != ENOTSUP ? errno : 0;
+	names = malloc(all);
+	l = xattr_new();
+	if (!names || !l) {
+		err = ENOMEM;
+		goto out;
+	}
+	all = llistxattr(path, names, all);
+	for (name = names; !err && name < names + all; name += strlen(name) + 1) {
+		err = read_xattr(path, name, &value, &size);
+		if (err)
+			break;
+		err = xattr_set(l, name, value, size);
+		free(value);
+	}
+	if (!err)
+		err = alloc_block(fs, 0, &in->i_file_acl);
+	if (!err)
+		err = xattr_write_block(fs, in->i_file_acl, l);
+out:
+	if (l)
+		xattr_free(l);
+	free(names);
+	return err;
+}
+
 static int copy_data(struct extfs *fs, int fd, struct extfs_inode *in)
@@ src/populate.c
 	err = copy_data(fs, fd, &in);
 	close(fd);
+	if (!err)
+		err = copy_xattrs(fs, path, &in);
 	if (err)
 		return err;
 	return inode_write(fs, ino, &in);
== commit labels-2
by: mira 79d
reviewed: noor

populate: keep labels of symlinks

A symlink has a label of its own. user.* attributes cannot be set on it, so
there is nothing else to lose.

@@ src/populate.c
 	char target[PATH_MAX];
 	ssize_t len;
+	int err;
 
 	set_owner(&in, st);
@@ src/populate.c
 	memcpy(in.i_block, target, len);
 	in.i_size = len;
+	/* the host may not have labels on symlinks at all */
+	err = copy_xattrs(fs, path, &in);
+	if (err && err != EPERM)
+		return err;
 	return inode_write(fs, ino, &in);
 }
== commit labels-3
by: mira 78d

mkextfs: add an option for file contexts

A build host without labels can still make a labelled image, when the policy's
list of file contexts is at hand. -Z names it. A line has a path or a prefix
that ends in *, and the label; the last line that fits wins.

@@ Makefile.am
 	lib/inode.c \
 	lib/io.c \
+	lib/label.c \
 	lib/xattr.c
@@ lib/extfs.h
 int inode_write(struct extfs *fs, ext_ino_t ino, const struct extfs_inode *in);
 
+/* label.c */
+int label_load(const char *file);
+const char *label_of(const char *path);
+
 /* xattr.c */
@@ lib/label.c
+/* label.c - security labels by path, from a file */
+#include "config.h"
+
+#include <errno.h>
+#include <stdio.h>
+#include <stdlib.h>
+#include <string.h>
+
+#include "extfs.h"
+
+struct rule {
+	char *path;
+	char *label;
+	int prefix;
+};
+
+static struct rule *rules;
+static size_t count;
+
+static int add_rule(const char *path, const char *label)
+{
+	struct rule *grown = realloc(rules, (count + 1) * sizeof(*grown));
+	size_t len = strlen(path);
+
+	if (!grown)
+		return ENOMEM;
+	rules = grown;
+	rules[count].prefix = len > 0 && path[len - 1] == '*';
+	rules[count].path = strndup(path, len - rules[count].prefix);
+	rules[count].label = strdup(label);
+	if (!rules[count].path || !rules[count].label)
+		return ENOMEM;
+	count++;
+	return 0;
+}
+
+int label_load(const char *file)
+{
+	char line[4096], path[2048], label[1024];
+	FILE *f = fopen(file, "r");
+	int err = 0;
+
+	if (!f)
+		return errno;
+	while (!err && fgets(line, sizeof(line), f)) {
+		if (line[0] == '#' || sscanf(line, "%2047s %1023s", path, label) != 2)
+			continue;
+		err = add_rule(path, label);
+	}
+	fclose(f);
+	return err;
+}
+
+const char *label_of(const char *path)
+{
+	size_t i = count;
+
+	while (i-- > 0) {
+		size_t len = strlen(rules[i].path);
+
+		if (strncmp(path, rules[i].path, len) == 0 && (rules[i].prefix || path[len] == '\0'))
+			return rules[i].label;
+	}
+	return NULL;
+}
@@ src/mkextfs.c
 	const char *label;
+	const char *contexts;		/* file of labels by path, or NULL */
 	unsigned block_size;
@@ src/mkextfs.c
 		"  -N COUNT  number of inodes\n"
-		"  -q        say nothing but errors\n");
+		"  -q        say nothing but errors\n"
+		"  -Z FILE   take labels from this file\n");
@@ src/mkextfs.c
-	while ((c = getopt(argc, argv, "b:d:L:nN:q")) != -1) {
+	while ((c = getopt(argc, argv, "b:d:L:nN:qZ:")) != -1) {
@@ src/mkextfs.c
 		case 'q':
 			o->quiet = 1;
 			break;
+		case 'Z':
+			o->contexts = optarg;
+			break;
 		default:
@@ src/mkextfs.c
 	err = init_super(&fs, &o);
+	if (!err && o.contexts)
+		err = label_load(o.contexts);
 	if (!err && o.dir)
 		err = populate(&fs, o.dir, &n);
@@ man/mkextfs.8
 .B \-q
 Say nothing but errors.
+.TP
+.BI \-Z " file"
+Take the security label of each file from
+.IR file .
+The last line that fits wins.
 .SH EXIT STATUS
== commit near
by: tomasz 330d

lib/alloc: keep attribute blocks near their inodes

Reading the labels of a directory went all over the disk. Look for a block in
the group of the inode first.

@@ lib/alloc.c
 	uint32_t first = fs->super.s_first_data_block;
 	uint32_t found;
 
 	if (goal < first || goal >= fs->super.s_blocks_count)
 		goal = first;
+	/* block 0 asks for one near the newest inode */
+	if (goal == first && fs->super.s_inodes_per_group)
+		goal += bitmap_count(&fs->inodes) / fs->super.s_inodes_per_group * fs->super.s_blocks_per_group;
+	if (goal >= fs->super.s_blocks_count)
+		goal = first;
 	if (find_free(&fs->blocks, goal, fs->super.s_blocks_count, &found) != 0 &&
 	    find_free(&fs->blocks, first, goal, &found) != 0)
 		return ENOSPC;
== commit host-selinux
by: tomasz 329d

mkextfs: do not ask the build host for its policy

Whether the machine that builds an image uses labels says nothing about the
image, and makes the build depend on the host.

@@ src/mkextfs.c
 {
-#ifdef HAVE_SELINUX
-	return is_selinux_enabled() > 0;
-#else
 	return 0;
-#endif
 }
@@ src/mkextfs.c
 #include <unistd.h>
-#ifdef HAVE_SELINUX
-#include <selinux/selinux.h>
-#endif
 
 #include "extfs.h"
== commit no-valgrind
by: ana 190d

tests: run without valgrind

@@ tests/tests.mk
 TESTS = $(check_PROGRAMS)
-TESTS_ENVIRONMENT = valgrind --quiet --error-exitcode=1
 
 EXTRA_DIST = tests/check.h

# Upstream goes on.

== branch main
== commit read-bounds
by: kenji 386d
applied: edwin 382d
reviewed: samuel

lib/xattr: check where a value ends without overflow

A crafted image could make the sum wrap around and read behind the block.

@@ lib/xattr.c
 	strncat(name, (const char *)(e + 1), e->e_name_len);
-	if (e->e_value_offs + e->e_value_size > size)
+	if (e->e_value_offs > size || e->e_value_size > size - e->e_value_offs)
 		return EIO;
== commit dump-uuid
by: petra 371d
applied: edwin 366d

dumpextfs: show the UUID

@@ src/dumpextfs.c
 	printf("features:    0x%04x\n", s->s_features);
+	printf("uuid:        ");
+	for (i = 0; i < sizeof(s->s_uuid); i++)
+		printf("%02x%s", s->s_uuid[i], i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
+	putchar('\n');
 }
@@ src/dumpextfs.c
 static void show_super(const struct extfs_super *s)
 {
+	size_t i;
+
 	printf("label:       %.16s\n", s->s_label);
== commit po-pl-2
by: marcin 367d
applied: edwin 365d

po: update Polish

@@ po/pl.po
 msgid "too many blocks"
 msgstr "za dużo bloków"
+
+msgid "more free blocks than blocks"
+msgstr "więcej wolnych bloków niż bloków"
== commit po-sv-2
by: petra 365d
applied: edwin 363d

po: update Swedish

@@ po/sv.po
 msgid "more free blocks than blocks"
 msgstr "fler fria block än block"
+
+msgid "the root is no directory"
+msgstr "roten är ingen katalog"
== commit fsck-usage
by: noor 351d
applied: edwin 349d

extfsck: say how it is called when no device is given

@@ src/extfsck.c
-	if (optind >= argc)
+	if (optind >= argc) {
+		fprintf(stderr, "usage: extfsck [-v] DEVICE\n");
 		return 16;
+	}
 	fs.fd = open(argv[optind], O_RDONLY);
== branch work/inode-size at fsck-usage
== commit inode-size
by: tomasz 348d

lib/inode: refuse inodes of impossible size

A damaged superblock with an inode size of 0 made every tool crash with a
division by zero: fsck as well, which is there for damaged superblocks.

@@ lib/inode.c
-	unsigned per_block = fs->block_size / fs->super.s_inode_size;
+	unsigned per_block;
 	uint32_t index;
 
 	if (ino == 0 || ino > fs->super.s_inodes_count)
 		return EINVAL;
+	if (fs->super.s_inode_size < sizeof(struct extfs_inode))
+		return EINVAL;
+	per_block = fs->block_size / fs->super.s_inode_size;
 	index = ino - 1;
@@ src/dumpextfs.c
 	printf("inode size:  %u\n", s->s_inode_size);
+	if (s->s_inode_size < sizeof(struct extfs_inode))
+		printf("             which is too small\n");
 	printf("features:    0x%04x\n", s->s_features);
== branch main
== pick inode-size-merged from inode-size
applied: edwin 344d
reviewed: kenji

@@ lib/inode.c
-	unsigned per_block = fs->block_size / fs->super.s_inode_size;
+	unsigned per_block;
 	uint32_t index;
 
 	if (ino == 0 || ino > fs->super.s_inodes_count)
 		return EINVAL;
+	if (fs->super.s_inode_size < sizeof(struct extfs_inode) || fs->super.s_inode_size > fs->block_size)
+		return EINVAL;
+	per_block = fs->block_size / fs->super.s_inode_size;
 	index = ino - 1;
@@ src/dumpextfs.c
 	printf("inode size:  %u\n", s->s_inode_size);
+	if (s->s_inode_size < sizeof(struct extfs_inode))
+		printf("             which is too small\n");
 	printf("features:    0x%04x\n", s->s_features);
== commit crc-const
by: samuel 342d
applied: edwin 340d

lib/crc: say where the table comes from

@@ lib/crc.c
+/* table[i] is the CRC of the four bits i, polynomial 0x1EDC6F41 reflected */
 static const uint32_t table[16] = {
== commit po-es-3
by: ivo 341d
applied: edwin 339d

po: update Spanish

@@ po/es.po
 msgid "more free blocks than blocks"
 msgstr "más bloques libres que bloques"
+
+msgid "the root is no directory"
+msgstr "la raíz no es un directorio"
== commit man-exit
by: dai 331d
applied: edwin 330d

man: name the exit codes of dumpextfs

@@ man/dumpextfs.8
 .B \-a
 the value of an extended attribute for each inode that has it.
+.SH EXIT STATUS
+0 on success, 1 on an error, 2 when called wrongly.
== commit po-nl-3
by: dai 331d
applied: edwin 329d

po: update Dutch

@@ po/nl.po
 msgid "more free blocks than blocks"
 msgstr "meer vrije blokken dan blokken"
+
+msgid "the root is no directory"
+msgstr "de hoofdmap is geen map"
== commit sanitize
by: ivo 322d
applied: edwin 318d

configure: add --enable-sanitizers

@@ configure.ac
 AC_CONFIG_FILES([Makefile])
+AC_ARG_ENABLE([sanitizers],
+	[AS_HELP_STRING([--enable-sanitizers], [build with address and undefined behaviour checks])],
+	[AS_IF([test "x$enableval" = xyes],
+		[CFLAGS="$CFLAGS -fsanitize=address,undefined"])])
 AC_OUTPUT
== commit mkfs-strerror
by: dai 312d
applied: edwin 310d

mkextfs: say which number cannot be read

@@ src/mkextfs.c
 			o->block_size = strtoul(optarg, NULL, 0);
+			if (o->block_size == 0)
+				fprintf(stderr, "mkextfs: -b: %s is no number\n", optarg);
 			break;
== commit po-pl-3
by: marcin 311d
applied: edwin 309d

po: update Polish

@@ po/pl.po
 msgid "more free blocks than blocks"
 msgstr "więcej wolnych bloków niż bloków"
+
+msgid "the root is no directory"
+msgstr "katalog główny nie jest katalogiem"
== commit release-1.47.1
by: edwin 303d

extfs-tools 1.47.1

@@ configure.ac
-AC_INIT([extfs-tools], [1.47.0], [extfs-devel@lists.example.org])
+AC_INIT([extfs-tools], [1.47.1], [extfs-devel@lists.example.org])
@@ NEWS
+extfs-tools 1.47.1 ({{date 303d}})
+ - a crafted attribute block could make programs read behind it
+ - dumpextfs: shows features and UUID
+
 extfs-tools 1.47.0 ({{date 402d}})
== tag v1.47.1
by: edwin 302d

extfs-tools 1.47.1
== commit po-de-3
by: lotte 295d
applied: edwin 294d

po: update German

@@ po/de.po
 msgid "the root is no directory"
 msgstr "die Wurzel ist kein Verzeichnis"
+
+msgid "no extfs file system here"
+msgstr "hier ist kein extfs-Dateisystem"
== commit uuid
by: petra 288d
applied: edwin 281d
reviewed: kenji noor

mkextfs: give every file system a UUID

@@ src/mkextfs.c
 #include <stdlib.h>
+#include <sys/random.h>
 #include <string.h>
@@ src/mkextfs.c
 	if (o->label)
 		strncpy(s->s_label, o->label, sizeof(s->s_label));
+	if (getrandom(s->s_uuid, sizeof(s->s_uuid), 0) != sizeof(s->s_uuid))
+		return errno;
+	s->s_uuid[6] = (s->s_uuid[6] & 0x0f) | 0x40;	/* version 4 */
+	s->s_uuid[8] = (s->s_uuid[8] & 0x3f) | 0x80;
 	err = bitmap_init(&fs->blocks, o->blocks);
== commit uuid-option
by: petra 288d
applied: edwin 281d
reviewed: noor

man: mkextfs makes random UUIDs

@@ man/mkextfs.8
 .IR device ,
 which can be a block device or a file. A file is created when it does not exist.
+Every file system has a random UUID.
== commit po-nl-4
by: dai 282d
applied: edwin 280d

po: update Dutch

@@ po/nl.po
 msgid "the root is no directory"
 msgstr "de hoofdmap is geen map"
+
+msgid "attribute block cannot be read"
+msgstr "attribuutblok is niet leesbaar"
== commit qsort-empty
by: kenji 276d
applied: edwin 274d

lib/xattr: do not sort an empty list

qsort() must not be called with a null pointer, even for no elements.

@@ lib/xattr.c
-	qsort(l->x, l->count, sizeof(*l->x), compare);
+	if (l->count > 1)
+		qsort(l->x, l->count, sizeof(*l->x), compare);
 	for (i = 0; i < l->count; i++) {
== commit test-inode
by: noor 265d
applied: edwin 258d

tests: inodes out of range

@@ tests/t_inode.c
+#include <errno.h>
+
+#include "check.h"
+#include "extfs.h"
+
+int main(void)
+{
+	struct extfs fs = { .block_size = 1024 };
+	struct extfs_inode in;
+
+	fs.super.s_inode_size = 256;
+	fs.super.s_inodes_count = 16;
+	CHECK(inode_read(&fs, 0, &in) == EINVAL);
+	CHECK(inode_read(&fs, 17, &in) == EINVAL);
+	return 0;
+}
@@ tests/tests.mk
 	tests/t_hash \
+	tests/t_inode \
 	tests/t_io \
== commit po-pl-4
by: marcin 259d
applied: edwin 257d

po: update Polish

@@ po/pl.po
 msgid "the root is no directory"
 msgstr "katalog główny nie jest katalogiem"
+
+msgid "attribute block cannot be read"
+msgstr "nie można odczytać bloku atrybutów"
== commit po-fr-2
by: olivier 252d
applied: edwin 251d

po: update French

@@ po/fr.po
 msgid "the root is no directory"
 msgstr "la racine n'est pas un répertoire"
+
+msgid "more free blocks than blocks"
+msgstr "plus de blocs libres que de blocs"
== commit readme-next
by: edwin 247d

README: thank those who test

@@ README
 Releases are tagged v1.x.y. The branch next holds what will be in main soon;
 it is rebuilt at will, so do not base work on it.
+
+Thanks to all who try next on real images.
== commit po-es-4
by: ivo 248d
applied: edwin 246d

po: update Spanish

@@ po/es.po
 msgid "the root is no directory"
 msgstr "la raíz no es un directorio"
+
+msgid "attribute block cannot be read"
+msgstr "no se puede leer el bloque de atributos"
== pick hash-names-merged from hash-names
applied: edwin 231d
reviewed: noor
== commit man-block
by: dai 226d
applied: edwin 225d

man: when to choose small blocks

@@ man/mkextfs.8
 The size of a block in bytes: 1024, 2048 or 4096. The default is 4096.
+Small blocks waste less with many small files.
== commit release-1.47.2
by: edwin 213d

extfs-tools 1.47.2

@@ configure.ac
-AC_INIT([extfs-tools], [1.47.1], [extfs-devel@lists.example.org])
+AC_INIT([extfs-tools], [1.47.2], [extfs-devel@lists.example.org])
@@ NEWS
+extfs-tools 1.47.2 ({{date 213d}})
+ - attributes with names beyond ASCII are found on all machines
+ - mkextfs: every file system has a UUID
+
 extfs-tools 1.47.1 ({{date 303d}})
== tag v1.47.2
by: edwin 212d

extfs-tools 1.47.2
== commit label-size
by: ivo 203d
applied: edwin 198d

mkextfs: refuse a label that is too long

strncpy() cut it silently.

@@ src/mkextfs.c
 	if (optind >= argc)
 		return EINVAL;
+	if (o->label && strlen(o->label) > sizeof(((struct extfs_super *)0)->s_label)) {
+		fprintf(stderr, "mkextfs: -L: at most 16 bytes\n");
+		return EINVAL;
+	}
 	o->device = argv[optind++];
== commit po-de-4
by: lotte 194d
applied: edwin 193d

po: update German

@@ po/de.po
 msgid "no extfs file system here"
 msgstr "hier ist kein extfs-Dateisystem"
+
+msgid "at most 16 bytes"
+msgstr "höchstens 16 Bytes"
== commit setfree
by: kenji 186d
applied: edwin 180d
reviewed: samuel

lib/xattr: free the name when there is no room for the list

@@ lib/xattr.c
 void xattr_free(struct xattr_list *l)
 {
 	size_t i;
 
+	if (!l)
+		return;
 	for (i = 0; i < l->count; i++) {
== commit po-es-5
by: ivo 181d
applied: edwin 179d

po: update Spanish

@@ po/es.po
 msgid "attribute block cannot be read"
 msgstr "no se puede leer el bloque de atributos"
+
+msgid "no extfs file system here"
+msgstr "aquí no hay un sistema extfs"
== commit block-sizes
by: ivo 175d
applied: edwin 171d

mkextfs: refuse block sizes that are no power of two

@@ src/mkextfs.c
 		default:
 			return EINVAL;
 		}
 	}
+	if (o->block_size != 1024 && o->block_size != 2048 && o->block_size != 4096) {
+		fprintf(stderr, "mkextfs: -b: want 1024, 2048 or 4096\n");
+		return EINVAL;
+	}
 	if (optind >= argc)
== commit po-nl-5
by: dai 172d
applied: edwin 170d

po: update Dutch

@@ po/nl.po
 msgid "attribute block cannot be read"
 msgstr "attribuutblok is niet leesbaar"
+
+msgid "no extfs file system here"
+msgstr "hier is geen extfs-bestandssysteem"
== commit fsck-count
by: noor 164d
applied: edwin 158d
reviewed: petra

extfsck: compare the free blocks with the bitmap

@@ src/extfsck.c
 	if (fs->super.s_free_blocks > fs->super.s_blocks_count)
 		problem(0, "more free blocks than blocks");
+	if (fs->blocks.bits && bitmap_count(&fs->blocks) != fs->super.s_blocks_count - fs->super.s_free_blocks)
+		problem(0, "the number of free blocks is wrong");
 	return 0;
== commit po-pl-5
by: marcin 159d
applied: edwin 157d

po: update Polish

@@ po/pl.po
 msgid "attribute block cannot be read"
 msgstr "nie można odczytać bloku atrybutów"
+
+msgid "no extfs file system here"
+msgstr "tu nie ma systemu plików extfs"
== commit label-length
by: tomasz 152d
applied: edwin 141d
reviewed: kenji

extfsck: check the length of security labels

A label without its final zero byte is cut off by the kernel, and the file has
the wrong one from then on.

@@ src/extfsck.c
 	struct xattr_list *l;
+	const void *value;
+	size_t size;
 
 	if (!in->i_file_acl)
@@ src/extfsck.c
 	if (xattr_read_block(fs, in->i_file_acl, l) != 0)
 		problem(ino, "attribute block cannot be read");
 	else if (verbose)
 		printf("inode %u: %zu attributes\n", ino, xattr_count(l));
+	if (xattr_get(l, "security.selinux", &value, &size) == 0 &&
+	    (size == 0 || ((const char *)value)[size - 1] != '\0'))
+		problem(ino, "security label without its end");
 	xattr_free(l);
== commit man-label
by: dai 136d
applied: edwin 135d

man: extfsck checks labels

@@ man/extfsck.8
 .B extfsck
 reads all inodes of a file system and says what is wrong with them.
+Security labels must end with a zero byte.
 It never writes.
== commit po-nl-6
by: dai 136d
applied: edwin 134d

po: update Dutch

@@ po/nl.po
 msgid "no extfs file system here"
 msgstr "hier is geen extfs-bestandssysteem"
+
+msgid "at most 16 bytes"
+msgstr "hoogstens 16 bytes"
== commit revert-label-length
by: edwin 128d

Revert "extfsck: check the length of security labels"

This reverts commit {{commit extfs-tools/label-length}}.

Images made by other tools have labels without the zero byte, the kernel takes
them, and extfsck called them broken. Reported by Petra and Samuel.

@@ src/extfsck.c
 	struct xattr_list *l;
-	const void *value;
-	size_t size;
 
 	if (!in->i_file_acl)
@@ src/extfsck.c
 		printf("inode %u: %zu attributes\n", ino, xattr_count(l));
-	if (xattr_get(l, "security.selinux", &value, &size) == 0 &&
-	    (size == 0 || ((const char *)value)[size - 1] != '\0'))
-		problem(ino, "security label without its end");
 	xattr_free(l);
== commit man-label-again
by: edwin 128d

man: extfsck does not check labels

@@ man/extfsck.8
 .B extfsck
 reads all inodes of a file system and says what is wrong with them.
-Security labels must end with a zero byte.
 It never writes.
== commit release-1.47.3
by: edwin 122d

extfs-tools 1.47.3

@@ configure.ac
-AC_INIT([extfs-tools], [1.47.2], [extfs-devel@lists.example.org])
+AC_INIT([extfs-tools], [1.47.3], [extfs-devel@lists.example.org])
@@ NEWS
+extfs-tools 1.47.3 ({{date 122d}})
+ - extfsck: compares the free blocks with the bitmap
+ - mkextfs: refuses odd block sizes and long labels
+
 extfs-tools 1.47.2 ({{date 213d}})
== tag v1.47.3
by: edwin 121d

extfs-tools 1.47.3
== commit po-sv-3
by: petra 117d
applied: edwin 116d

po: update Swedish

@@ po/sv.po
 msgid "the root is no directory"
 msgstr "roten är ingen katalog"
+
+msgid "the number of free blocks is wrong"
+msgstr "antalet fria block är fel"
== commit po-pl-6
by: marcin 117d
applied: edwin 115d

po: update Polish

@@ po/pl.po
 msgid "no extfs file system here"
 msgstr "tu nie ma systemu plików extfs"
+
+msgid "at most 16 bytes"
+msgstr "najwyżej 16 bajtów"
== commit alloc-goal
by: edwin 104d

lib/alloc: say what a block is wanted for

The goal was a number whose meaning depended on the caller. Replace the search
by one that knows groups: data goes after the last block of the file, and
metadata to the first group that has room.

@@ lib/alloc.c
-int alloc_block(struct extfs *fs, blk_t goal, blk_t *ret)
-{
-	uint32_t first = fs->super.s_first_data_block;
-	uint32_t found;
-
-	if (goal < first || goal >= fs->super.s_blocks_count)
-		goal = first;
-	if (find_free(&fs->blocks, goal, fs->super.s_blocks_count, &found) != 0 &&
-	    find_free(&fs->blocks, first, goal, &found) != 0)
-		return ENOSPC;
-
-	bitmap_mark(&fs->blocks, found);
+static uint32_t group_start(const struct extfs *fs, uint32_t group)
+{
+	return fs->super.s_first_data_block + group * fs->super.s_blocks_per_group;
+}
+
+static int find_in_groups(struct extfs *fs, uint32_t group, uint32_t *found)
+{
+	uint32_t total = fs->super.s_blocks_count;
+	uint32_t groups = (total + fs->super.s_blocks_per_group - 1) / fs->super.s_blocks_per_group;
+	uint32_t i;
+
+	for (i = 0; i < groups; i++) {
+		uint32_t from = group_start(fs, (group + i) % groups);
+		uint32_t to = from + fs->super.s_blocks_per_group;
+
+		if (find_free(&fs->blocks, from, to < total ? to : total, found) == 0)
+			return 0;
+	}
+	return ENOSPC;
+}
+
+/* Goal 0 is for metadata; any other is the block after which data goes on. */
+int alloc_block(struct extfs *fs, blk_t goal, blk_t *ret)
+{
+	uint32_t found;
+	int err;
+
+	if (goal == 0 || find_free(&fs->blocks, goal, fs->super.s_blocks_count, &found) != 0) {
+		err = find_in_groups(fs, 0, &found);
+		if (err)
+			return err;
+	}
+	bitmap_mark(&fs->blocks, found);
== commit alloc-inode-group
by: edwin 104d

lib/alloc: spread directories over the groups

@@ lib/alloc.c
 	uint32_t group = (dir - 1) / fs->super.s_inodes_per_group;
 	uint32_t start = group * fs->super.s_inodes_per_group;
 	uint32_t found;
 
+	if (dir == EXTFS_ROOT_INO)
+		start = (bitmap_count(&fs->inodes) * 7) % fs->super.s_inodes_count;
 	if (find_free(&fs->inodes, start, fs->super.s_inodes_count, &found) != 0 &&
== commit test-alloc
by: edwin 103d

tests: allocate until nothing is left

@@ tests/t_alloc.c
+#include <errno.h>
+
+#include "check.h"
+#include "extfs.h"
+
+int main(void)
+{
+	struct extfs fs = { .block_size = 1024 };
+	blk_t blk, last = 0;
+	int n = 0;
+
+	fs.super.s_blocks_count = fs.super.s_free_blocks = 64;
+	fs.super.s_blocks_per_group = 16;
+	CHECK(bitmap_init(&fs.blocks, 64) == 0);
+	while (alloc_block(&fs, last + 1, &blk) == 0) {
+		last = blk;
+		n++;
+	}
+	CHECK(n == 64);
+	CHECK(alloc_block(&fs, 0, &blk) == ENOSPC);
+	bitmap_free(&fs.blocks);
+	return 0;
+}
@@ tests/tests.mk
 check_PROGRAMS = \
+	tests/t_alloc \
 	tests/t_bitmap \
== commit po-es-6
by: ivo 103d
applied: edwin 101d

po: update Spanish

@@ po/es.po
 msgid "no extfs file system here"
 msgstr "aquí no hay un sistema extfs"
+
+msgid "at most 16 bytes"
+msgstr "como máximo 16 bytes"
== commit crc-eight-1
by: samuel 90d
applied: edwin 81d
reviewed: kenji

lib/crc: make the table at the first call

A table of 256 entries is made instead of being written down. Nothing uses it
yet but the first lookup.

@@ lib/crc.c
 uint32_t crc32c(uint32_t crc, const void *data, size_t len)
 {
 	const uint8_t *p = data;
 
+	if (!wide[1])
+		make_wide();
 	while (len--) {
@@ lib/crc.c
 	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
 };
+
+static uint32_t wide[256];
+
+static void make_wide(void)
+{
+	uint32_t i, crc;
+
+	for (i = 1; i < 256; i++) {
+		crc = (i >> 4) ^ table[i & 15];
+		wide[i] = (crc >> 4) ^ table[crc & 15];
+	}
+}
== commit crc-eight-2
by: samuel 90d
applied: edwin 81d
reviewed: kenji

lib/crc: eight bits at a time

Twice as fast on everything that was measured.

@@ lib/crc.c
-	while (len--) {
-		crc ^= *p++;
-		crc = (crc >> 4) ^ table[crc & 15];
-		crc = (crc >> 4) ^ table[crc & 15];
-	}
+	while (len--)
+		crc = (crc >> 8) ^ wide[(crc ^ *p++) & 0xff];
 	return crc;
@@ lib/crc.c
-/* crc.c - CRC-32C (Castagnoli), four bits at a time */
+/* crc.c - CRC-32C (Castagnoli), a byte at a time */
== commit crc-eight-3
by: samuel 89d
applied: edwin 81d

tests: a longer text for the CRC

@@ tests/t_crc.c
 	CHECK(crc32c(17, zeros, 0) == 17);
+	CHECK(crc32c(crc32c(~0u, "12345", 5), "6789", 4) == crc32c(~0u, "123456789", 9));
 	return 0;
== commit po-de-5
by: lotte 76d
applied: edwin 75d

po: update German

@@ po/de.po
 msgid "at most 16 bytes"
 msgstr "höchstens 16 Bytes"
+
+msgid "the number of free blocks is wrong"
+msgstr "die Zahl der freien Blöcke ist falsch"
== commit fsck-close
by: ivo 70d
applied: edwin 67d

extfsck: close the device

@@ src/extfsck.c
 	printf("%lu problems\n", problems);
+	close(fs.fd);
 	return problems ? 4 : 0;
== pick labels-1-merged from labels-1
applied: edwin 61d
reviewed: noor petra
== pick labels-2-merged from labels-2
applied: edwin 61d

[edwin: named the error that NFS gives too, moved the comment]
@@ src/populate.c
 	char target[PATH_MAX];
 	ssize_t len;
+	int err;
 
 	set_owner(&in, st);
@@ src/populate.c
 	memcpy(in.i_block, target, len);
 	in.i_size = len;
+	err = copy_xattrs(fs, path, &in);
+	/* Not all hosts have labels on symlinks. */
+	if (err && err != EPERM && err != EOPNOTSUPP)
+		return err;
 	return inode_write(fs, ino, &in);
 }
== commit release-1.48.0
by: edwin 33d

extfs-tools 1.48.0

@@ configure.ac
-AC_INIT([extfs-tools], [1.47.3], [extfs-devel@lists.example.org])
+AC_INIT([extfs-tools], [1.48.0], [extfs-devel@lists.example.org])
@@ NEWS
+extfs-tools 1.48.0 ({{date 33d}})
+ - mkextfs: keeps the labels of files and symlinks
+ - new allocator: data of a file stays together
+ - checksums are twice as fast again
+
 extfs-tools 1.47.3 ({{date 122d}})
== tag v1.48.0
by: edwin 32d

extfs-tools 1.48.0
== commit man-see
by: dai 22d
applied: edwin 21d

man: point from the other pages to mkextfs

@@ man/extfsck.8
 0 when all is well, 4 when problems were found, 8 on an error, 16 when called
 wrongly.
+.SH SEE ALSO
+.BR mkextfs (8)
== commit musl
by: ivo 19d
applied: edwin 16d

tests: include what strndup() needs

musl is stricter about feature macros.

@@ tests/t_io.c
+#define _POSIX_C_SOURCE 200809L
 #include <stdio.h>
 #include <string.h>
 
== commit po-fr-3
by: olivier 12d
applied: edwin 11d

po: update French

@@ po/fr.po
 msgid "more free blocks than blocks"
 msgstr "plus de blocs libres que de blocs"
+
+msgid "the number of free blocks is wrong"
+msgstr "le nombre de blocs libres est faux"

# What waits on the staging branch.

== branch next at main
== commit dump-hex
by: ana 13d
applied: edwin 9d
reviewed: petra

dumpextfs: print values that are not text in hex

Labels of other security modules are binary. Dots do not help.

@@ src/dumpextfs.c
 static void show_value(const char *value, size_t size)
 {
+	size_t text = 0;
 	size_t i;
 
+	while (text < size && (isprint((unsigned char)value[text]) || (text == size - 1 && !value[text])))
+		text++;
+	if (text < size) {
+		printf("0x");
+		for (i = 0; i < size; i++)
+			printf("%02x", (unsigned char)value[i]);
+		putchar('\n');
+		return;
+	}
 	putchar('"');
== commit next-io
by: kenji 10d
applied: edwin 9d

lib/io: use the vectored calls where they help

@@ lib/io.c
 int extfs_flush(struct extfs *fs)
 {
-	if (fsync(fs->fd) < 0)
+	if (fdatasync(fs->fd) < 0)
 		return errno;

# What the product's main branch carries: its queue on 1.47.2.

== branch work/harbor-queue at v1.47.2
== pick q-labels-1 from labels-1
== pick q-labels-2 from labels-2
== pick q-labels-3 from labels-3
== commit links-1
by: ana 25d

populate: find hard links by device and inode

Two file systems below the directory can have files with the same inode
number. They were taken for one.

@@ src/populate.c
 struct link {
+	dev_t dev;
 	ino_t host;
 	ext_ino_t ino;
@@ src/populate.c
-		if (t->l[i].host == st->st_ino)
+		if (t->l[i].dev == st->st_dev && t->l[i].host == st->st_ino)
 			return t->l[i].ino;
@@ src/populate.c
+	t->l[t->count].dev = st->st_dev;
 	t->l[t->count].host = st->st_ino;
 	t->l[t->count].ino = ino;
== commit links-2
by: ana 25d

populate: let the table of links grow faster

A root file system with a package database that links its files has some
hundred thousand links. Growing by 64 made that quadratic.

@@ src/populate.c
-		size_t room = t->room + 64;
+		size_t room = t->room ? 2 * t->room : 64;
 		struct link *grown = realloc(t->l, room * sizeof(*grown));
== commit links-3
by: ana 25d

populate: keep the times of a file with several names

Writing the inode for a second name took the times of that moment's lstat().
A build that links files while they are copied got other images each time.

@@ src/populate.c
 		err = inode_read(fs, ino, &in);
 		if (err)
 			return err;
+		if ((uint32_t)st.st_mtime < in.i_mtime)
+			in.i_mtime = st.st_mtime;
 		in.i_links++;
 		n->links++;
== pick q-near from near
== pick q-host-selinux from host-selinux
== commit epoch-1
by: tomasz 17d

mkextfs: take the time from SOURCE_DATE_EPOCH

The superblock has the time at which the file system was made. For builds that
can be repeated it must be the one that the build says.

@@ src/mkextfs.c
+static uint32_t mkfs_time(void)
+{
+	const char *epoch = getenv("SOURCE_DATE_EPOCH");
+
+	return epoch ? strtoul(epoch, NULL, 10) : time(NULL);
+}
+
 static int init_super(struct extfs *fs, const struct options *o)
 {
@@ src/mkextfs.c
-	s->s_mkfs_time = time(NULL);
+	s->s_mkfs_time = mkfs_time();
 	if (o->label)
== pick q-label-length from label-length
applied: tomasz 150d
reviewed:
== pick q-dump-hex from dump-hex
applied: ana 13d
reviewed:
== pick q-no-valgrind from no-valgrind

# The series as they were sent, based on what was newest then.

== branch work/labels-v2 at crc-eight-3
== pick labels-v2-1 from labels-1
== pick labels-v2-2 from labels-2
== pick labels-v2-3 from labels-3
== branch work/links at v1.48.0
== pick links-v1-1 from links-1
== pick links-v1-2 from links-2
== pick links-v1-3 from links-3
== branch work/epoch at v1.48.0
== pick epoch-v1-1 from epoch-1
== commit epoch-v1-2
by: tomasz 17d

populate: no time after SOURCE_DATE_EPOCH

@@ src/populate.c
 	in->i_mtime = st->st_mtime;
 	in->i_ctime = st->st_ctime;
+	if (getenv("SOURCE_DATE_EPOCH")) {
+		uint32_t latest = strtoul(getenv("SOURCE_DATE_EPOCH"), NULL, 10);
+
+		if (in->i_mtime > latest)
+			in->i_mtime = latest;
+		in->i_ctime = latest;
+	}
 	in->i_links = 1;
 }

# What others have sent, and what came of it or did not.

== branch work/json at v1.47.3
== commit json-1
by: petra 52d

dumpextfs: part reading from printing

@@ src/dumpextfs.c
-static void show_super(const struct extfs_super *s)
+static void show_text(const struct extfs_super *s)
 {
@@ src/dumpextfs.c
-	show_super(&fs.super);
+	show_text(&fs.super);
== commit json-2
by: petra 52d

dumpextfs: add -j, which prints JSON

@@ src/dumpextfs.c
 static void show_value(const char *value, size_t size)
+{
+	size_t i;
+
+	putchar('"');
+	for (i = 0; i < size; i++)
+		putchar(isprint((unsigned char)value[i]) ? value[i] : '.');
+	printf("\"\n");
+}
+
+static void show_json(const struct extfs_super *s)
+{
+	printf("{\"label\":\"%.16s\",\"blocks\":%u,\"inodes\":%u}\n",
+	       s->s_label, s->s_blocks_count, s->s_inodes_count);
+}
+
+static void show_quoted(const char *value, size_t size)
 {
== branch work/dirs-v1 at crc-eight-3
== commit dirs-1
by: noor 48d

extfsck: count the names of each inode

@@ src/extfsck.c
 static unsigned long problems;
+static unsigned *names;
 static int verbose;
@@ src/extfsck.c
 static int check_inodes(struct extfs *fs)
 {
 	struct extfs_inode in;
 	ext_ino_t ino;
 	int err;
 
+	names = calloc(fs->super.s_inodes_count + 1, sizeof(*names));
+	if (!names)
+		return ENOMEM;
 	for (ino = 1; ino <= fs->super.s_inodes_count; ino++) {
@@ src/extfsck.c
 #include <stdio.h>
+#include <stdlib.h>
 #include <string.h>
== commit dirs-2
by: noor 48d

extfsck: compare the number of names with the inode

@@ src/extfsck.c
 		if (in.i_blocks > 15)
 			problem(ino, "too many blocks");
+		if (names[ino] && names[ino] != in.i_links)
+			problem(ino, "has another number of names");
 		check_xattrs(fs, ino, &in);
== commit dirs-3
by: noor 48d

extfsck: say how many inodes were read

@@ src/extfsck.c
 		check_xattrs(fs, ino, &in);
 	}
+	if (verbose)
+		printf("%u inodes read\n", ino - 1);
 	return 0;
 }
== branch work/dirs-v2 at v1.48.0
== pick dirs-v2-1 from dirs-1
== pick dirs-v2-2 from dirs-2

@@ src/extfsck.c
 		if (in.i_blocks > 15)
 			problem(ino, "too many blocks");
+		/* "." and ".." are no names that were counted */
+		if (names[ino] && names[ino] != in.i_links - (S_ISDIR(in.i_mode) ? 2 : 0))
+			problem(ino, "has another number of names");
 		check_xattrs(fs, ino, &in);
== commit dirs-v2-3
by: noor 21d

man: extfsck counts names

@@ man/extfsck.8
 .B extfsck
 reads all inodes of a file system and says what is wrong with them.
+The number of names of each inode is compared with what it says.
 It never writes.
== branch work/zstd at v1.47.3
== commit zstd-1
by: marcin 34d

mkextfs: read the directory from an archive

Not ready: only uncompressed archives, no hard links.

@@ src/mkextfs.c
 		"  -d DIR    copy this directory\n"
+		"  -D FILE   copy this archive\n"
 		"  -L LABEL  name of the file system\n"
@@ src/mkextfs.c
 	const char *dir;		/* to copy, or NULL */
+	const char *archive;		/* to copy instead, or NULL */
 	const char *label;
== branch work/label-warning at v1.48.0
== commit label-warning
by: samuel 10d

extfsck: check the length of security labels

Tools that write no zero byte are many, and the kernel takes what they make.
So it is only worth a word where somebody asked for words.

@@ src/extfsck.c
 static int verbose;
+
+/* Say that a label has no zero byte at its end, which is not wrong. */
+static void show_unended(const struct xattr_list *l, ext_ino_t ino)
+{
+	const void *label;
+	size_t len;
+
+	if (xattr_get(l, "security.selinux", &label, &len) != 0 || len == 0)
+		return;
+	if (((const char *)label)[len - 1] != '\0')
+		printf("inode %u: security label without zero byte\n", ino);
+}
@@ src/extfsck.c
 		printf("inode %u: %zu attributes\n", ino, xattr_count(l));
+	if (verbose)
+		show_unended(l, ino);
 	xattr_free(l);
== branch work/doc at v1.48.0
== commit labels-doc
by: mira 41d

man: say that mkextfs keeps labels

It does since labels are read from files and symlinks; only the page for -d
did not say so.

@@ man/mkextfs.8
 .I directory
-into the new file system, with owners, modes and times.
+into the new file system, with owners, modes, times and extended attributes.
 Without it the file system has nothing but a root directory.
