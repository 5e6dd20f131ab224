# The list of extfs-tools.

== series read-bounds
by: kenji 386d
parts: extfs-tools/read-bounds
== reply read-bounds-samuel to read-bounds/1
by: samuel 384d

The old check was mine, I am afraid.

Reviewed-by: Samuel Okoro <s.okoro@example.org>
== reply read-bounds-applied to read-bounds/1
by: edwin 382d

Applied, thanks. I will make a 1.47.1 soon because of this one.
== series inode-size
by: tomasz 348d
parts: extfs-tools/inode-size
== reply inode-size-kenji to inode-size/1
by: kenji 346d

> +	if (fs->super.s_inode_size < sizeof(struct extfs_inode))

One that is larger than a block makes per_block 0, which is no better.

Reviewed-by: Kenji Watase <k.watase@example.org>
== reply inode-size-applied to inode-size-kenji
by: edwin 344d

Applied, with a check for that too.
== series uuid
by: petra 287d
parts: extfs-tools/uuid extfs-tools/uuid-option
== reply uuid-kenji to uuid/1
by: kenji 285d

Works here.

Reviewed-by: Kenji Watase <k.watase@example.org>
== reply uuid-noor to uuid/1
by: noor 284d

Reviewed-by: Noor Haddad <noor.haddad@example.net>
== reply uuid-applied to uuid/1
by: edwin 281d

Both applied, thank you.
== series qsort-empty
by: kenji 276d
parts: extfs-tools/qsort-empty
== reply qsort-applied to qsort-empty/1
by: edwin 274d

Applied. Which sanitizer found it?
== reply qsort-kenji to qsort-applied
by: kenji 273d

The one for undefined behaviour, of clang 18.
== series hash-names
by: mira 261d
parts: extfs-tools/hash-names
cc: edwin
== reply hash-noor to hash-names/1
by: noor 259d

I can see this on an arm64 build host with names in Turkish. With the patch
the kernel finds all of them.

Reviewed-by: Noor Haddad <noor.haddad@example.net>
== reply hash-applied to hash-names/1
by: edwin 231d

Applied, thanks. Sorry that it took a month.
== series label-size
by: ivo 203d
parts: extfs-tools/label-size
== reply label-size-applied to label-size/1
by: edwin 198d

Applied, thanks.
== series block-sizes
by: ivo 175d
parts: extfs-tools/block-sizes
== reply block-sizes-noor to block-sizes/1
by: noor 174d

> +	if (o->block_size != 1024 && o->block_size != 2048 && o->block_size != 4096) {

What about 8192 on machines with big pages?
== reply block-sizes-ivo to block-sizes-noor
by: ivo 173d

The format has no field for it that is wide enough. I can add it to the man
page if you like.
== reply block-sizes-applied to block-sizes/1
by: edwin 171d

Applied.
== series label-length
by: tomasz 152d
parts: extfs-tools/label-length
== reply label-length-kenji to label-length/1
by: kenji 150d

Reviewed-by: Kenji Watase <k.watase@example.org>
== reply label-length-applied to label-length/1
by: edwin 141d

Applied, thanks.
== reply label-length-petra to label-length-applied
by: petra 130d

This calls all images of our build broken. The tool that makes them writes
labels without the zero byte, and the kernel never minded.
== reply label-length-samuel to label-length-petra
by: samuel 129d

Same here, with the images of two vendors.
== reply label-length-reverted to label-length-samuel
by: edwin 128d

Then it has to go: I have reverted it in main. A warning with -v would be fine,
if somebody wants to write that.
== reply label-length-tomasz to label-length-reverted
by: tomasz 127d

Sorry about that. I will have a look when I find the time.
== series labels-v1
by: mira 99d
parts: extfs-tools/labels-1-v1 extfs-tools/labels-2-v1 extfs-tools/labels-3-v1
cover: keep security labels when an image is made
cc: edwin

We make images for small devices with SELinux. Relabelling on the first boot
takes minutes and needs a writable root, so the labels should be in the image
from the beginning. These patches let mkextfs -d keep them.

Tested with images of 200 MB on x86-64 and arm64 hosts.
== reply labels-v1-noor to labels-v1/1
by: noor 98d

> +	char names[65536], value[65536];

128 KB on the stack, in a function that is called for every file. Please use
malloc(). And should this not be llistxattr()? With listxattr() 2/3 reads what
the symlink points to.
== reply labels-v1-mira to labels-v1-noor
by: mira 97d

> Please use malloc(). And should this not be llistxattr()?

You are right about both. I will send a v2.
== reply labels-v1-edwin to labels-v1/3
by: edwin 95d

> +			o->contexts = optarg;

Nothing reads this. I take it that the rest got lost? And the man page should
have the option.
== series crc-eight
by: samuel 89d
parts: extfs-tools/crc-eight-1 extfs-tools/crc-eight-2 extfs-tools/crc-eight-3
cover: lib/crc: a byte at a time

Checksums are what mkextfs spends most of its time with. This makes them twice
as fast on everything that I have.
== reply crc-kenji-1 to crc-eight/1
by: kenji 87d

Reviewed-by: Kenji Watase <k.watase@example.org>
== reply crc-kenji-2 to crc-eight/2
by: kenji 87d

From 1.9 s to 1.0 s for 4 GB on my board.

Reviewed-by: Kenji Watase <k.watase@example.org>
== reply crc-applied to crc-eight/0
by: edwin 81d

Applied, all three. Thanks for the test.
== series labels-v2
by: mira 78d
prefix: PATCH v2
parts: extfs-tools/labels-v2-1 extfs-tools/labels-v2-2 extfs-tools/labels-v2-3
cover: keep security labels when an image is made
cc: edwin noor

An image that is labelled while it is made does not have to be relabelled on
the first boot. These patches let mkextfs -d keep the labels of the host, and
take them from a list of file contexts where the host has none.

Changes in v2:
 - no big buffers on the stack (Noor)
 - llistxattr() and lgetxattr(), so that symlinks keep their own (Noor)
 - 3/3 has the code that reads the file, and the man page (Edwin)

Link to v1: https://lists.example.org/archives/extfs-devel/{{message extfs-devel/labels-v1/0}}
== reply labels-v2-noor-1 to labels-v2/1
by: noor 77d

Much better.

Reviewed-by: Noor Haddad <noor.haddad@example.net>
== reply labels-v2-noor-2 to labels-v2/2
by: noor 77d

Reviewed-by: Noor Haddad <noor.haddad@example.net>
== reply labels-v2-petra to labels-v2/1
by: petra 72d

Our images boot two minutes faster with this.

Reviewed-by: Petra Lindqvist <petra@lindqvist.example.com>
Tested-by: Petra Lindqvist <petra@lindqvist.example.com>
== series fsck-close
by: ivo 70d
parts: extfs-tools/fsck-close
== reply fsck-close-applied to fsck-close/1
by: edwin 67d

Applied, thanks.
== reply labels-v2-applied to labels-v2/0
by: edwin 61d

Applied, thanks! I touched up the errors in 2/3 a little, NFS gives another
one. This will be in 1.48.0.
== series json
by: petra 52d
parts: extfs-tools/json-1 extfs-tools/json-2
cover: dumpextfs: output for programs

Parsing the text with awk breaks with each new line that we add.
== reply json-edwin to json/2
by: edwin 50d

> +	printf("{\"label\":\"%.16s\",\"blocks\":%u,\"inodes\":%u}\n",

A label can have quotes in it. I would rather not write JSON by hand; can we
use a library, or a simpler format?
== reply json-petra to json-edwin
by: petra 49d

A library only for this seems much. One "key value" on a line, then?
== series dirs-v1
by: noor 48d
parts: extfs-tools/dirs-1 extfs-tools/dirs-2 extfs-tools/dirs-3
== reply dirs-v1-petra to dirs-v1/2
by: petra 46d

> +		if (names[ino] && names[ino] != in.i_links)

Directories count "." and ".." too, or do you leave them out? The man page
should say what is compared.
== reply dirs-v1-noor to dirs-v1-petra
by: noor 45d

I will describe it in v2.
== reply dirs-v1-kenji to dirs-v1/3
by: kenji 45d

-v says enough already, I think. Please drop this one.
== series labels-doc
by: mira 40d
parts: extfs-tools/labels-doc
== series zstd
by: marcin 34d
prefix: RFC PATCH
parts: extfs-tools/zstd-1
encoding: quoted-printable
== mail announce
by: edwin 32d
subject: [ANNOUNCE] extfs-tools 1.48.0

extfs-tools 1.48.0 is out:

 - mkextfs keeps the labels of files and symlinks
 - new allocator: data of a file stays together
 - checksums are twice as fast again

Thanks to all who sent patches, read them, and tried them.

  https://extfs.example.org/releases/extfs-tools-1.48.0.tar.xz
== series links
by: ana 24d
parts: extfs-tools/links-v1-1 extfs-tools/links-v1-2 extfs-tools/links-v1-3
cover: populate: hard links
cc: edwin

Three things about hard links that we met with a root file system of 300,000
files: two file systems below the directory are mixed up, big tables are slow,
and the times depend on the order in which names are found.

The patches are on top of 1.48.0.
== series man-see
by: dai 22d
parts: extfs-tools/man-see
== reply man-see-applied to man-see/1
by: edwin 21d

Applied.
== mail musl-report
by: svenja 20d
subject: 1.48.0: make check fails with musl

tests/t_io.c:9:2: error: implicit declaration of function 'fileno'

It builds with glibc. Am I missing an option?
== reply musl-edwin to musl-report
by: edwin 20d

No, that is ours. Ivo, you had a patch for something like it?
== series dirs-v2
by: noor 20d
prefix: PATCH v2
parts: extfs-tools/dirs-v2-1 extfs-tools/dirs-v2-2 extfs-tools/dirs-v2-3
cover: extfsck: count the names of inodes
encoding: base64

Changes in v2:
 - 2/3 leaves out "." and ".." (Petra)
 - 3/3 is new and describes what is compared (Petra)
 - nothing about the number of inodes any more (Kenji)

v1: https://lists.example.org/archives/extfs-devel/{{message extfs-devel/dirs-v1/1}}
== series musl
by: ivo 19d
parts: extfs-tools/musl
== reply musl-svenja to musl/1
by: svenja 18d

Tested-by: Svenja Kolb <svenja.kolb@openwater.example.org>
== reply dirs-v2-kenji to dirs-v2/2
by: kenji 18d

Found two real problems on an old disk of mine.

Reviewed-by: Kenji Watase <k.watase@example.org>
== series epoch
by: tomasz 17d
parts: extfs-tools/epoch-v1-1 extfs-tools/epoch-v1-2
== reply musl-applied to musl/1
by: edwin 16d

Applied, thanks.
== reply epoch-kenji to epoch/2
by: kenji 15d

> +	if (getenv("SOURCE_DATE_EPOCH")) {
> +		uint32_t latest = strtoul(getenv("SOURCE_DATE_EPOCH"), NULL, 10);

NACK on this form: it asks the environment for every single file, and a value
that is no number makes all times 1970. Please read and check it once, in
mkextfs.c, and hand it to both places. Then 1/2 can use the same function.
== reply labels-doc-ping to labels-doc/1
by: mira 14d

Gentle ping?
== series dump-hex
by: ana 12d
parts: extfs-tools/dump-hex
encoding: quoted-printable
== reply dump-hex-petra to dump-hex/1
by: petra 11d

Nice.

Reviewed-by: Petra Lindqvist <petra@lindqvist.example.com>
== series next-io
by: kenji 10d
parts: extfs-tools/next-io
== series label-warning
by: samuel 10d
prefix: PATCH v2
parts: extfs-tools/label-warning
cover: extfsck: check the length of security labels
cc: tomasz

Tomasz had no time yet, and I need it for the images of two vendors: his check
as a warning, as Edwin wanted it.

v1: https://lists.example.org/archives/extfs-devel/{{message extfs-devel/label-length/1}}
== reply dump-hex-queued to dump-hex/1
by: edwin 9d

Queued in next, thanks.
== reply next-io-queued to next-io/1
by: edwin 9d

Queued in next. I want to see what network block devices say.
== reply dirs-v2-ping to dirs-v2/0
by: noor 5d

ping?
== mail question
by: olivier 2d
subject: How to read the attribute block of a running system?

dumpextfs -a on a mounted device shows old values. Is there a way to flush
them first?
