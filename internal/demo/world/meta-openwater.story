# The layer that others build upon. Gareth takes patches from the list.

== begin
by: gareth 500d
signed: yes

Begin with the recipes of tideline
== commit busybits-3.3
by: svenja 455d
applied: gareth 452d

busybits: upgrade 3.2 -> 3.3

@@move recipes-core/busybits/busybits_3.3.bb from recipes-core/busybits/busybits_3.2.bb
== commit libfathom-4.1
by: marcin 420d
applied: gareth 417d

libfathom: upgrade 4.0.2 -> 4.1.0

@@move recipes-support/libfathom/libfathom_4.1.0.bb from recipes-support/libfathom/libfathom_4.0.2.bb
== commit libbuoy-0.9.4
by: svenja 262d
applied: gareth 260d

libbuoy: upgrade 0.9.3 -> 0.9.4

There is a pkg-config file now.

@@move recipes-support/libbuoy/libbuoy_0.9.4.bb from recipes-support/libbuoy/libbuoy_0.9.3.bb
== commit extfs-1.47.1
by: svenja 295d
applied: gareth 292d

extfs-tools: upgrade 1.47.0 -> 1.47.1

Fixes reading behind a crafted attribute block.

@@move recipes-devtools/extfs-tools/extfs-tools_1.47.1.bb from recipes-devtools/extfs-tools/extfs-tools_1.47.0.bb
== commit beacon-1.4
by: olivier 240d
applied: gareth 238d

beacon: upgrade 1.3.1 -> 1.4.0

@@move recipes-connectivity/beacon/beacon_1.4.0.bb from recipes-connectivity/beacon/beacon_1.3.1.bb
== commit kernel-headers
by: gareth 221d

linux-openwater-headers: say what it provides

@@ recipes-kernel/linux/linux-openwater-headers_6.12.bb
 require linux-openwater.inc
+PROVIDES = "linux-headers"
== commit extfs-1.47.3
by: svenja 112d
applied: gareth 110d

extfs-tools: upgrade 1.47.1 -> 1.47.3

@@move recipes-devtools/extfs-tools/extfs-tools_1.47.3.bb from recipes-devtools/extfs-tools/extfs-tools_1.47.1.bb
== commit netcrate-static
by: tomasz 90d
applied: gareth 86d

netcrate: package the static library

The product links it into its updater.

@@ recipes-support/netcrate/netcrate_2.3.bb
 PACKAGECONFIG ??= "tls"
 PACKAGECONFIG[tls] = "-Dtls=enabled,-Dtls=disabled,openssl"
+EXTRA_OEMESON += "-Ddefault_library=both"
== commit spindrift-0.19
by: marcin 64d
applied: gareth 61d

spindrift: upgrade 0.18 -> 0.19

@@move recipes-graphics/spindrift/spindrift_0.19.bb from recipes-graphics/spindrift/spindrift_0.18.bb
== commit quarry-cves
by: olivier 47d
applied: gareth 45d

quarrymake: upgrade 0.31 -> 0.33

@@move recipes-devtools/quarrymake/quarrymake_0.33.bb from recipes-devtools/quarrymake/quarrymake_0.31.bb
== commit extfs-1.48.0
by: svenja 27d
applied: gareth 25d

extfs-tools: upgrade 1.47.3 -> 1.48.0

mkextfs keeps the labels of files and symlinks.

@@move recipes-devtools/extfs-tools/extfs-tools_1.48.0.bb from recipes-devtools/extfs-tools/extfs-tools_1.47.3.bb
@@ recipes-devtools/extfs-tools/extfs-tools_1.48.0.bb
-SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz"
+SRC_URI = "https://extfs.example.org/releases/${BP}.tar.xz \
+           file://tests-without-valgrind.patch \
+           "
@@patch recipes-devtools/extfs-tools/extfs-tools/tests-without-valgrind.patch from extfs-tools/no-valgrind
Upstream-Status: Inappropriate [oe specific]
Signed-off-by: Svenja Kolb <svenja.kolb@openwater.example.org>
== commit libmoor
by: gareth 14d

libmoor: remove, nothing uses it

Its last release is six years old.

@@delete recipes-support/libmoor/libmoor_1.6.bb
== commit libbuoy-cve
by: svenja 5d
applied: gareth 4d

libbuoy: fix CVE-2099-0417

@@ recipes-support/libbuoy/libbuoy_0.9.4.bb
-SRC_URI = "https://buoy.example.net/releases/${BP}.tar.xz"
+SRC_URI = "https://buoy.example.net/releases/${BP}.tar.xz \
+           file://CVE-2099-0417.patch \
+           "
@@patch recipes-support/libbuoy/libbuoy/CVE-2099-0417.patch from libbuoy/h-size-overflow
CVE: CVE-2099-0417
Upstream-Status: Backport [https://git.buoy.example.net/libbuoy/commit/{{commit libbuoy/size-overflow}}]
Signed-off-by: Svenja Kolb <svenja.kolb@openwater.example.org>
== commit tallow-0.5
by: olivier 3d
applied: gareth 2d

tallow: upgrade 0.4 -> 0.5

@@move recipes-support/tallow/tallow_0.5.bb from recipes-support/tallow/tallow_0.4.bb

# Sent, and not taken yet.

== branch work/systemd at main
== commit sextantd-systemd
by: marcin 6d

sextantd: install a drop-in for systemd

@@ recipes-connectivity/sextantd/sextantd_5.6.bb
 inherit autotools pkgconfig systemd
+
+SYSTEMD_SERVICE:${PN} = "sextantd.service"
== branch work/images at main
== commit image-labels
by: tomasz 8d

openwater-image: let an image say its file contexts

A product that labels its images at build time has a copy of this class today.

@@ classes/openwater-image.bbclass
 do_image_extfs() {
-    mkextfs -d ${IMAGE_ROOTFS} -L ${IMAGE_BASENAME} ${IMGDEPLOYDIR}/${IMAGE_NAME}.extfs ${ROOTFS_SIZE}
+    mkextfs -d ${IMAGE_ROOTFS} -L ${IMAGE_BASENAME} ${IMAGE_LABELS} ${IMGDEPLOYDIR}/${IMAGE_NAME}.extfs ${ROOTFS_SIZE}
 }
== commit image-labels-v2
by: tomasz 4d

openwater-image: document IMAGE_LABELS

@@ classes/openwater-image.bbclass
+# IMAGE_LABELS: options of mkextfs that say which labels files get.
 IMAGE_LABELS ?= ""

# The next release, that products will move to: it has what a plan is about.

== branch springtide at main
== commit springtide
by: gareth 1d9h
signed: yes

layer.conf: this is springtide

@@ conf/layer.conf
-LAYERSERIES_CORENAMES = "tideline"
-LAYERSERIES_COMPAT_openwater = "tideline"
+LAYERSERIES_CORENAMES = "springtide"
+LAYERSERIES_COMPAT_openwater = "springtide"
== commit springtide-libbuoy
by: svenja 1d8h
applied: gareth 1d7h

libbuoy: upgrade 0.9.4 -> 0.10.0

It contains the fix of CVE-2099-0417.

@@move recipes-support/libbuoy/libbuoy_0.10.0.bb from recipes-support/libbuoy/libbuoy_0.9.4.bb
@@ recipes-support/libbuoy/libbuoy_0.10.0.bb
-SRC_URI = "https://buoy.example.net/releases/${BP}.tar.xz \
-           file://CVE-2099-0417.patch \
-           "
+SRC_URI = "https://buoy.example.net/releases/${BP}.tar.xz"
@@delete recipes-support/libbuoy/libbuoy/CVE-2099-0417.patch
== commit springtide-netcrate
by: tomasz 1d6h
applied: gareth 1d5h

netcrate: upgrade 2.3 -> 2.4

@@move recipes-support/netcrate/netcrate_2.4.bb from recipes-support/netcrate/netcrate_2.3.bb
== commit springtide-sextantd
by: gareth 1d4h

sextantd: remove, its place is in a layer of its own

@@delete recipes-connectivity/sextantd/sextantd_5.6.bb
