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
== commit skip-labels
by: tomasz 350d

libbuoy: read what the build farm writes

@@ recipes-libs/libbuoy/libbuoy_%.bbappend
+FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
+
+SRC_URI += "file://parse-skip-labels-of-other-tools.patch \
+            "
@@patch recipes-libs/libbuoy/files/parse-skip-labels-of-other-tools.patch from libbuoy/skip-labels
####################################################################
UPSTREAM PLAN
####################################################################
Ask on the list whether labels should have namespaces; then send it.
####################################################################
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
== commit read-bounds
by: tomasz 325d

extfs-tools: do not read behind a crafted attribute block

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
 SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
+           file://lib-xattr-check-where-a-value-ends-without-overflow.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/lib-xattr-check-where-a-value-ends-without-overflow.patch from extfs-tools/read-bounds
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/read-bounds}}]
== commit buoy-fixes
by: ana 290d

libbuoy: take fixes that are in no release yet

@@ recipes-libs/libbuoy/libbuoy_%.bbappend
-SRC_URI += "file://parse-skip-labels-of-other-tools.patch \
+SRC_URI += "file://meson-write-a-pkg-config-file.patch \
+            file://escape-read-upper-case-digits.patch \
+            file://manifest-let-buoy_free-take-NULL.patch \
+            file://parse-skip-labels-of-other-tools.patch \
@@patch recipes-libs/libbuoy/files/meson-write-a-pkg-config-file.patch from libbuoy/pkgconfig
Upstream-Status: Backport [https://git.buoy.example.net/libbuoy/commit/{{commit libbuoy/pkgconfig}}]
Signed-off-by: Ana Luísa Prado <ana.prado@harbor.example.com>
@@patch recipes-libs/libbuoy/files/escape-read-upper-case-digits.patch from libbuoy/hex-upper
Upstream-Status: Backport [https://git.buoy.example.net/libbuoy/commit/{{commit libbuoy/hex-upper}}]
Signed-off-by: Ana Luísa Prado <ana.prado@harbor.example.com>
@@patch recipes-libs/libbuoy/files/manifest-let-buoy_free-take-NULL.patch from libbuoy/free-null
Upstream-Status: Backport [https://git.buoy.example.net/libbuoy/commit/{{commit libbuoy/free-null}}]
Signed-off-by: Ana Luísa Prado <ana.prado@harbor.example.com>
== commit hash
by: mira 260d

extfs-tools: images made on arm64 lost attributes

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
 SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
            file://lib-xattr-check-where-a-value-ends-without-overflow.patch \
+           file://0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch \
            file://lib-alloc-keep-attribute-blocks-near-their-inodes.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/0001-lib-xattr-hash-names-byte-by-byte-as-unsigned.patch from extfs-tools/h4-hash-names
Upstream-Status: Submitted [https://lists.example.org/archives/extfs-devel/{{message extfs-devel/hash-names/1}}]
== commit buoy-0.9.4
by: ana 257d

libbuoy: openwater has 0.9.4, drop what is in it

@@ recipes-libs/libbuoy/libbuoy_%.bbappend
-SRC_URI += "file://meson-write-a-pkg-config-file.patch \
-            file://escape-read-upper-case-digits.patch \
-            file://manifest-let-buoy_free-take-NULL.patch \
-            file://parse-skip-labels-of-other-tools.patch \
+SRC_URI += "file://parse-skip-labels-of-other-tools.patch \
@@delete recipes-libs/libbuoy/files/meson-write-a-pkg-config-file.patch
@@delete recipes-libs/libbuoy/files/escape-read-upper-case-digits.patch
@@delete recipes-libs/libbuoy/files/manifest-let-buoy_free-take-NULL.patch
@@patch recipes-libs/libbuoy/files/parse-skip-labels-of-other-tools.patch from libbuoy/skip-labels-2
####################################################################
UPSTREAM PLAN
####################################################################
Ask on the list whether labels should have namespaces; then send it.
####################################################################
== commit recipes-support
by: tomasz 232d

libbuoy: where openwater has it

@@move recipes-support/libbuoy/libbuoy_%.bbappend from recipes-libs/libbuoy/libbuoy_%.bbappend
@@move recipes-support/libbuoy/files/parse-skip-labels-of-other-tools.patch from recipes-libs/libbuoy/files/parse-skip-labels-of-other-tools.patch
== commit commas
by: ana 200d

libbuoy: escape commas

@@ recipes-support/libbuoy/libbuoy_%.bbappend
-SRC_URI += "file://parse-skip-labels-of-other-tools.patch \
+SRC_URI += "file://escape-commas.patch \
+            file://parse-skip-labels-of-other-tools.patch \
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
 SRC_URI += "file://escape-commas.patch \
+            file://CVE-2099-0417.patch \
@@patch recipes-support/libbuoy/files/CVE-2099-0417.patch from libbuoy/h-size-overflow
CVE: CVE-2099-0417
Upstream-Status: Backport [https://git.buoy.example.net/libbuoy/commit/{{commit libbuoy/size-overflow}}]
Signed-off-by: Tomasz Wierzba <tomasz.wierzba@harbor.example.com>
@@patch recipes-support/libbuoy/files/parse-skip-labels-of-other-tools.patch from libbuoy/skip-labels-3
####################################################################
UPSTREAM PLAN
####################################################################
Ask on the list whether labels should have namespaces; then send it.
####################################################################
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
@@delete recipes-support/libbuoy/files/parse-skip-labels-of-other-tools.patch
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

harbor: main is on the way to 5.0, with the newest tidectl

@@ conf/distro/harbor.conf
-DISTRO_VERSION = "4.0"
+DISTRO_VERSION = "5.0-alpha"
@@ recipes-support/tidectl/tidectl_2.1.bb
-SRCREV = "0f4cb4a5d0a1a7cba1a3f2f6f4f3b8f0b8de6a11"
+SRCREV = "${AUTOREV}"
== commit status-labels
by: mira 58d

extfs-tools: upstream took the patch for symlinks

@@patch recipes-devtools/extfs-tools/extfs-tools/0003-populate-keep-labels-of-symlinks.patch from extfs-tools/labels-2
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/labels-2-merged}}]
== commit uuid
by: ana 54d

extfs-tools: UUIDs for the updater

@@ recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
 SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
+           file://mkextfs-say-which-number-cannot-be-read.patch \
+           file://mkextfs-give-every-file-system-a-UUID.patch \
+           file://man-mkextfs-makes-random-UUIDs.patch \
@@patch recipes-devtools/extfs-tools/extfs-tools/mkextfs-say-which-number-cannot-be-read.patch from extfs-tools/mkfs-strerror
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/mkfs-strerror}}]
@@patch recipes-devtools/extfs-tools/extfs-tools/mkextfs-give-every-file-system-a-UUID.patch from extfs-tools/uuid
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/uuid}}]
@@patch recipes-devtools/extfs-tools/extfs-tools/man-mkextfs-makes-random-UUIDs.patch from extfs-tools/uuid-option
Upstream-Status: Backport [https://git.extfs.example.org/extfs-tools/commit/?id={{commit extfs-tools/uuid-option}}]
== commit morsekit
by: ana 50d

morsekit: quieter log

@@ recipes-net/morsekit/morsekit_1.%.bbappend
+do_install:append() {
+    echo "LogLevel ERROR" >> ${D}${sysconfdir}/morsekit.conf
+}
== commit kernel
by: tomasz 46d

linux-harbor: the kernel with our machine

@@ recipes-kernel/linux/linux-harbor_6.12.bb
+SUMMARY = "The kernel of the product"
+HOMEPAGE = "https://git.openwater.example.org/"
+LICENSE = "GPL-2.0-only"
+LIC_FILES_CHKSUM = "file://COPYING;md5=7718161c0e957afb9001740da95effe4"
+
+SRC_URI = "git://git.openwater.example.org/linux.git;protocol=https;branch=openwater-6.12"
+
+inherit kernel
+
+require linux-openwater.inc
+
+SRCREV = "6d0c1b0e3f0e6d4b8fd2a8f3c1f6f1d7c2a5b9e4"
+PV = "6.12.9+git"
+S = "${WORKDIR}/git"
@@ recipes-kernel/linux/linux-openwater.inc
+SECTION = "kernel"
+KERNEL_CONSOLE ?= "ttyS2"
+KERNEL_IMAGETYPES ?= "zImage"
+COMPATIBLE_MACHINE = "tide|spray|harbor"
== commit libmoor
by: mira 42d

libmoor: the daemon of the next product must not wander

@@ recipes-support/libmoor/libmoor_1.6.bb
+SUMMARY = "Ties threads to processors"
+HOMEPAGE = "https://moor.example.net/"
+LICENSE = "MIT"
+LIC_FILES_CHKSUM = "file://COPYING;md5=3c1f6ea8c8e0d2a9d8b1f9b40f5e6a71"
+
+SRC_URI = "https://moor.example.net/releases/${BP}.tar.xz"
+SRC_URI[sha256sum] = "5f1c9ad36a3a1de4f09bdbd1b6df9f3ce2d8c5b1d1f9cde97c0b9d7a35e8e042"
+
+inherit meson
+
+EXTRA_OEMESON += "-Dnuma=disabled"
== commit loop-names
by: ana 36d

looproot: our loop devices have names

@@ recipes-fs/looproot/looproot_0.6.bb
            file://0001-Makefile-respect-LDFLAGS.patch \
+           file://0002-mount-use-the-loop-devices-of-harbor.patch \
@@ recipes-fs/looproot/files/0002-mount-use-the-loop-devices-of-harbor.patch
+From: Ana Prado <ana.prado@harbor.example.com>
+Date: Mon, 3 Nov 2025 11:20:41 -0300
+Subject: [PATCH] mount: use the loop devices of harbor
+
+Upstream-Status: Inappropriate
+Signed-off-by: Ana Prado <ana.prado@harbor.example.com>
+---
+ mount.c | 2 +-
+ 1 file changed, 1 insertion(+), 1 deletion(-)
+
+diff --git a/mount.c b/mount.c
+--- a/mount.c
++++ b/mount.c
+@@ -41,7 +41,7 @@ static int attach(const char *file)
+ 
+ int mount_root(const char *file)
+ {
+-	const char *device = "/dev/loop0";
++	const char *device = "/dev/harbor/root";
+ 
+ 	if (attach(file) != 0)
+ 		return -1;
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
             file://parse-skip-labels-of-other-tools.patch \
+            file://parse-name-the-key-that-is-not-known.patch \
             "
@@patch recipes-support/libbuoy/files/parse-name-the-key-that-is-not-known.patch from libbuoy/strict-keys
Upstream-Status: Submitted [buoy-devel]
Signed-off-by: Ana Luísa Prado <ana.prado@harbor.example.com>
== commit extfs-1.47.2
by: tomasz 1d

extfs-tools: 1.47.0 -> 1.47.2

Brings UUIDs, which the updater wants: the backports of them go.

@@move recipes-devtools/extfs-tools/extfs-tools_1.47.2.bb from recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
 SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
-           file://mkextfs-say-which-number-cannot-be-read.patch \
-           file://mkextfs-give-every-file-system-a-UUID.patch \
-           file://man-mkextfs-makes-random-UUIDs.patch \
@@delete recipes-devtools/extfs-tools/extfs-tools/mkextfs-say-which-number-cannot-be-read.patch
@@delete recipes-devtools/extfs-tools/extfs-tools/mkextfs-give-every-file-system-a-UUID.patch
@@delete recipes-devtools/extfs-tools/extfs-tools/man-mkextfs-makes-random-UUIDs.patch
