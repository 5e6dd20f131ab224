# The product's layer. harbor-4 is the release in the field.

== begin
by: tomasz 390d
signed: yes

Begin the product's layer

extfs-tools is a copy of meta-openwater's recipe: we are going to change it.
== commit looproot
by: tomasz 372d

looproot: add 0.6, extras has 0.5

@@ recipes-fs/looproot/looproot_0.6.bb
+SUMMARY = "Boots from a file"
+HOMEPAGE = "https://looproot.example.org/"
+LICENSE = "GPL-2.0-only"
+LIC_FILES_CHKSUM = "file://COPYING;md5=0c1f2dcd2a7f4d6d8bfa2b3ba0fdbb0f"
+
+SRC_URI = "https://looproot.example.org/releases/${BP}.tar.xz \
+           file://0001-Makefile-respect-LDFLAGS.patch \
+           "
+SRC_URI[sha256sum] = "53d1c9c1a57b1ad5a1e5c1a0dd3f6b62a3a8f1ddc41f5f0a0f1a7c7c0a6d8e55"
+
+do_install() {
+    oe_runmake install DESTDIR=${D}
+}
@@ recipes-fs/looproot/files/0001-Makefile-respect-LDFLAGS.patch
+From: Olivier Tanguy <olivier@tanguy.example.net>
+Date: Thu, 12 Jan 2023 18:40:01 +0100
+Subject: [PATCH] Makefile: respect LDFLAGS
+
+Upstream-Status: Pending
+Signed-off-by: Olivier Tanguy <olivier@tanguy.example.net>
+---
+ Makefile | 2 +-
+ 1 file changed, 1 insertion(+), 1 deletion(-)
+
+diff --git a/Makefile b/Makefile
+--- a/Makefile
++++ b/Makefile
+@@ -8,7 +8,7 @@ OBJS = looproot.o mount.o
+ all: looproot
+ 
+ looproot: $(OBJS)
+-	$(CC) -o $@ $(OBJS)
++	$(CC) $(LDFLAGS) -o $@ $(OBJS)
+ 
+ clean:
+ 	rm -f looproot $(OBJS)
== commit near
by: tomasz 328d

extfs-tools: keep attribute blocks near their inodes

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
-SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz"
+SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
+           file://lib-alloc-keep-attribute-blocks-near-their-inodes.patch \
+           file://mkextfs-do-not-ask-the-build-host-for-its-policy.patch \
+           "
@@patch recipes-devtools/extfs-tools/extfs-tools/lib-alloc-keep-attribute-blocks-near-their-inodes.patch from extfs-tools/near
Upstream-Status: Pending
@@patch recipes-devtools/extfs-tools/extfs-tools/mkextfs-do-not-ask-the-build-host-for-its-policy.patch from extfs-tools/host-selinux
Upstream-Status: Inappropriate [oe specific]
== commit hash
by: mira 260d

extfs-tools: images made on arm64 lost attributes

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
 SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
+           file://0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch \
            file://lib-alloc-keep-attribute-blocks-near-their-inodes.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch from extfs-tools/h4-hash-names
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/hash-names/1}}]
== commit commas
by: ana 200d

libbuoy: escape commas

@@ recipes-support/libbuoy/libbuoy_%.bbappend
+FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
+
+SRC_URI += "file://escape-commas.patch"
@@patch recipes-support/libbuoy/files/escape-commas.patch from libbuoy/h-commas
Upstream-Status: Accepted [https://git.buoy.example.net/libbuoy/pull/42]
Signed-off-by: Ana Luísa Prado <ana.prado@harbor.example.com>
== commit valgrind
by: ana 188d

extfs-tools: run the tests on the target

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://mkextfs-do-not-ask-the-build-host-for-its-policy.patch \
+           file://tests-run-without-valgrind.patch \
            "
@@patch recipes-devtools/extfs-tools/extfs-tools/tests-run-without-valgrind.patch from extfs-tools/no-valgrind
== commit buoy-cve
by: tomasz 175d

libbuoy: fix CVE-2099-0417

@@ recipes-support/libbuoy/libbuoy_%.bbappend
-SRC_URI += "file://escape-commas.patch"
+SRC_URI += "file://escape-commas.patch \
+            file://CVE-2099-0417.patch \
+            "
@@patch recipes-support/libbuoy/files/CVE-2099-0417.patch from libbuoy/h-size-overflow
CVE: CVE-2099-0417
Upstream-Status: Backport [https://git.buoy.example.net/libbuoy/commit/{{commit libbuoy/size-overflow}}]
Signed-off-by: Tomasz Wierzba <tomasz.wierzba@harbor.example.com>
== commit length
by: tomasz 148d

extfs-tools: find labels that are cut off

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://mkextfs-do-not-ask-the-build-host-for-its-policy.patch \
+           file://extfsck-check-the-length-of-security-labels.patch \
            file://tests-run-without-valgrind.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/extfsck-check-the-length-of-security-labels.patch from extfs-tools/q-label-length
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/label-length}}]
== commit labels
by: mira 76d

extfs-tools: keep security labels when an image is made

v2 of what was sent upstream.

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch \
+           file://0002-populate-read-security-labels-of-files.patch \
+           file://0003-populate-keep-labels-of-symlinks.patch \
+           file://0004-mkextfs-add-an-option-for-file-contexts.patch \
            file://lib-alloc-keep-attribute-blocks-near-their-inodes.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/0002-populate-read-security-labels-of-files.patch from extfs-tools/labels-1
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/labels-v2/1}}]
@@patch recipes-devtools/extfs-tools/extfs-tools/0003-populate-keep-labels-of-symlinks.patch from extfs-tools/labels-2
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/labels-v2/2}}]
@@patch recipes-devtools/extfs-tools/extfs-tools/0004-mkextfs-add-an-option-for-file-contexts.patch from extfs-tools/labels-3
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/labels-v2/3}}]
== commit class
by: mira 75d

openwater-image: give mkextfs the file contexts

A copy of meta-openwater's class with one line more.

@@ classes/openwater-image.bbclass
-# What every image has in common.
+# What every image has in common, with labels.
@@ classes/openwater-image.bbclass
-IMAGE_LABELS ?= ""
+IMAGE_LABELS ?= "${STAGING_DATADIR_NATIVE}/harbor/file_contexts"
@@ classes/openwater-image.bbclass
-    mkextfs -d ${IMAGE_ROOTFS} -L ${IMAGE_BASENAME} ${IMGDEPLOYDIR}/${IMAGE_NAME}.extfs ${ROOTFS_SIZE}
+    mkextfs -d ${IMAGE_ROOTFS} -L ${IMAGE_BASENAME} -Z ${IMAGE_LABELS} ${IMGDEPLOYDIR}/${IMAGE_NAME}.extfs ${ROOTFS_SIZE}

# The release that is in the field.

== branch harbor-4 at class
== commit h4-distro
by: tomasz 72d

harbor: this is 4.1

It has no manifests, so libbuoy is as openwater has it.

@@delete recipes-support/libbuoy/libbuoy_%.bbappend
@@delete recipes-support/libbuoy/files/escape-commas.patch
@@delete recipes-support/libbuoy/files/CVE-2099-0417.patch
@@ conf/distro/harbor.conf
-DISTRO_VERSION = "4.0"
+DISTRO_VERSION = "4.1"
@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://mkextfs-do-not-ask-the-build-host-for-its-policy.patch \
-           file://extfsck-check-the-length-of-security-labels.patch \
-           file://tests-run-without-valgrind.patch \
            "
@@delete recipes-devtools/extfs-tools/extfs-tools/extfsck-check-the-length-of-security-labels.patch
@@delete recipes-devtools/extfs-tools/extfs-tools/tests-run-without-valgrind.patch

# main goes on.

== branch main
== commit gullmail
by: ana 72d

gullmail: have a recipe of our own

A copy of the one in extras: the updater may want changes.

@@ recipes-net/gullmail/gullmail_1.8.bb
+SUMMARY = "Delivers mail to small machines"
+HOMEPAGE = "https://gullmail.example.com/"
+LICENSE = "MIT"
+LIC_FILES_CHKSUM = "file://COPYING;md5=407e1a6a8fc47b3d38ffece973941bfa"
+
+SRC_URI = "https://gullmail.example.com/releases/${BP}.tar.xz"
+SRC_URI[sha256sum] = "8cb84a14ca229586efff09f6e369bc76abf6cb0913d3d8b9014b40940875f1b6"
+
+inherit cmake
== commit distro-5
by: tomasz 71d

harbor: main is on the way to 5.0

@@ conf/distro/harbor.conf
-DISTRO_VERSION = "4.0"
+DISTRO_VERSION = "5.0-alpha"
== commit status-labels
by: mira 58d

extfs-tools: upstream took the patch for symlinks

@@patch recipes-devtools/extfs-tools/extfs-tools/0003-populate-keep-labels-of-symlinks.patch from extfs-tools/labels-2
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/labels-2-merged}}]
== commit morsekit
by: ana 50d

morsekit: quieter log

@@ recipes-net/morsekit/morsekit_1.%.bbappend
+do_install:append() {
+    echo "LogLevel ERROR" >> ${D}${sysconfdir}/morsekit.conf
+}
== commit links
by: ana 23d

extfs-tools: fix hard links of images with several file systems

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://0004-mkextfs-add-an-option-for-file-contexts.patch \
+           file://0005-populate-find-hard-links-by-device-and-inode.patch \
+           file://0006-populate-let-the-table-of-links-grow-faster.patch \
+           file://0007-populate-keep-the-times-of-a-file-with-several-names.patch \
            file://lib-alloc-keep-attribute-blocks-near-their-inodes.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/0005-populate-find-hard-links-by-device-and-inode.patch from extfs-tools/links-1
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/links/1}}]
@@patch recipes-devtools/extfs-tools/extfs-tools/0006-populate-let-the-table-of-links-grow-faster.patch from extfs-tools/links-2
Upstream-Status: Pending
@@patch recipes-devtools/extfs-tools/extfs-tools/0007-populate-keep-the-times-of-a-file-with-several-names.patch from extfs-tools/links-3
Upstream-Status: Pending
== commit epoch
by: tomasz 16d

extfs-tools: images that can be built again

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://mkextfs-do-not-ask-the-build-host-for-its-policy.patch \
+           file://mkextfs-take-the-time-from-SOURCE_DATE_EPOCH.patch \
            file://extfsck-check-the-length-of-security-labels.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/mkextfs-take-the-time-from-SOURCE_DATE_EPOCH.patch from extfs-tools/epoch-1
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/epoch/1}}]
== commit hex
by: ana 12d

extfs-tools: show binary labels

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
            file://extfsck-check-the-length-of-security-labels.patch \
+           file://dumpextfs-print-values-that-are-not-text-in-hex.patch \
            file://tests-run-without-valgrind.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/dumpextfs-print-values-that-are-not-text-in-hex.patch from extfs-tools/q-dump-hex
Upstream-Status: Pending
== commit strict-keys
by: ana 8d

libbuoy: name the key that is wrong

@@ recipes-support/libbuoy/libbuoy_%.bbappend
             file://CVE-2099-0417.patch \
+            file://parse-name-the-key-that-is-not-known.patch \
             "
@@patch recipes-support/libbuoy/files/parse-name-the-key-that-is-not-known.patch from libbuoy/strict-keys
Upstream-Status: Submitted [buoy-devel]
Signed-off-by: Ana Luísa Prado <ana.prado@harbor.example.com>
== commit extfs-1.47.2
by: tomasz 1d

extfs-tools: 1.47.0 -> 1.47.2

Brings UUIDs, which the updater wants.

@@move recipes-devtools/extfs-tools/extfs-tools_1.47.2.bb from recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
