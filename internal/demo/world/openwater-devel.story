# The list of the openwater layers. It adds its tag and a footer, and rewrites
# the sender where the sender's domain asks for it.

== series netcrate
by: tomasz 90d
prefix: meta-openwater][PATCH
parts: meta-openwater/netcrate-static
munged: yes
== reply netcrate-applied to netcrate/1
by: gareth 86d

Applied, thanks.
== series spindrift
by: marcin 64d
prefix: meta-openwater][PATCH
parts: meta-openwater/spindrift-0.19
encoding: quoted-printable
== reply spindrift-applied to spindrift/1
by: gareth 61d

Merged, thank you.
== series quarry
by: olivier 47d
prefix: meta-openwater][PATCH
parts: meta-openwater/quarry-cves
== reply quarry-applied to quarry/1
by: gareth 45d

Applied.
== series hawser
by: marcin 95d
prefix: meta-openwater-extras][PATCH
parts: meta-openwater-extras/hawser
== series extfs-1.48.0
by: svenja 27d
prefix: meta-openwater][PATCH
parts: meta-openwater/extfs-1.48.0
== reply extfs-gareth to extfs-1.48.0/1
by: gareth 26d

Does anybody still have an image that needs 1.47? I will take it tomorrow
otherwise.
== reply extfs-mira to extfs-gareth
by: mira 26d

meta-harbor has its own copy, go ahead.
== reply extfs-applied to extfs-1.48.0/1
by: gareth 25d

Applied, thanks.
== series image-labels
by: tomasz 7d
prefix: meta-openwater][PATCH
parts: meta-openwater/image-labels meta-openwater/image-labels-v2
cover: openwater-image: labels
munged: yes

Now that mkextfs keeps labels, images should be able to say where they come
from. Products copy the class today.

Depends-on: <{{message extfs-devel/labels-v2/0}}>
== reply image-labels-checked to image-labels/1
by: patchtest 7d

Thank you for your submission. All tests passed, and nothing needs your
attention.

PASS: test Signed-off-by presence
PASS: test commit message presence
== series sextantd
by: marcin 6d
prefix: meta-openwater][PATCH
parts: meta-openwater/sextantd-systemd
== reply image-labels-svenja to image-labels/1
by: svenja 6d

Acked-by: Svenja Kolb <svenja.kolb@openwater.example.org>
== reply sextantd-checked to sextantd/1
by: patchtest 6d

Thank you for your submission. patchtest found something to improve:

FAIL: test CVE tag format
== reply image-labels-gareth to image-labels/2
by: gareth 4d

Where do the contexts come from when somebody builds an image without SELinux?
== reply sextantd-gareth to sextantd/1
by: gareth 5d

> +SYSTEMD_SERVICE:${PN} = "sextantd.service"

The subject says drop-in, the patch names the service. Which one is it?
== series sextantd-4.2
by: marcin 5d
prefix: meta-openwater][4.2][PATCH
parts: meta-openwater/sextantd-systemd
== series libbuoy-cve
by: svenja 5d
prefix: meta-openwater][PATCH
parts: meta-openwater/libbuoy-cve
== reply libbuoy-cve-applied to libbuoy-cve/1
by: gareth 4d

Applied, thanks.
== mail meeting
by: gareth 3d
subject: [meta-openwater] Meeting on Thursday

Topics so far: the name of the next release, and who looks after the kernel.
