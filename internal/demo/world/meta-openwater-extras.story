# More recipes. Olivier takes patches.

== begin
by: olivier 480d
signed: yes

Begin with two layers
== commit squeezefs
by: marcin 402d
applied: olivier 400d

squeezefs-tools: upgrade 4.6.1 -> 4.7

@@move meta-fs/recipes-fs/squeezefs/squeezefs-tools_4.7.bb from meta-fs/recipes-fs/squeezefs/squeezefs-tools_4.6.1.bb
== commit driftsync
by: svenja 333d
applied: olivier 330d

driftsync: upgrade 3.1.4 -> 3.2.0

@@move meta-fs/recipes-fs/driftsync/driftsync_3.2.0.bb from meta-fs/recipes-fs/driftsync/driftsync_3.1.4.bb
== commit lodestar
by: olivier 211d

lodestar: upgrade 0.22 -> 0.24

@@move meta-net/recipes-net/lodestar/lodestar_0.24.bb from meta-net/recipes-net/lodestar/lodestar_0.22.bb
== commit hawser
by: marcin 95d
applied: olivier 93d

hawser: upgrade 6.1 -> 6.3

@@move meta-net/recipes-net/hawser/hawser_6.3.bb from meta-net/recipes-net/hawser/hawser_6.1.bb
== commit oakum
by: olivier 31d

oakum: upgrade 0.9 -> 0.10

@@move meta-fs/recipes-fs/oakum/oakum_0.10.bb from meta-fs/recipes-fs/oakum/oakum_0.9.bb
