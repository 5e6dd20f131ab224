# The list of libbuoy. Most of its patches come as pull requests.

== mail announce
by: fiona 109d
subject: libbuoy 0.10.0

The library's major version is 2 now, because buoy_write() lost a const.
== reply announce-svenja to announce
by: svenja 107d

Will there be another 0.9 with fixes? We cannot move all users at once.
== reply announce-fiona to announce-svenja
by: fiona 106d

Not planned. What is in 0.9.5 is easily picked.
== series label-memory
by: tomasz 50d
parts: libbuoy/label-memory
== series unsorted
by: marcin 41d
parts: libbuoy/mail-unsorted
encoding: base64
== reply unsorted-applied to unsorted/1
by: fiona 37d

Applied, thanks. Mail is fine!
== series merge-labels
by: jonas 30d
parts: libbuoy/merge-conflict libbuoy/merge-conflict-doc
== reply merge-wren to merge-labels/1
by: wren 29d

> -			buoy_label(g, f->labels[k].key, f->labels[k].value);
> +			if (buoy_label(g, f->labels[k].key, f->labels[k].value) != 0)

The title says two values for one label, the code is about memory. Two
patches, please?
== reply merge-jonas to merge-wren
by: jonas 28d

True, I will split it.
== series strict
by: ana 8d
parts: libbuoy/strict-v1
encoding: quoted-printable

# A mail of which only the beginning has arrived.

== odd cut
by: wren 25d

Received: from relay.example.com (relay.example.com [198.51.100.7])
	by lists.example.net with ESMTPS for <buoy-devel@lists.example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_5f2c"
