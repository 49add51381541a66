#!/bin/sh
# Installs, upgrades, removes and purges the Debian package, and starts the image, each in a root folder of its own.
# Wants root, and overlay mounts. Usage: packaging/check.sh DIST
set -eu
dist=$(readlink -f "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf 'well: %s\n' "$1"; }

# Everything below sees this machine's files, and changes none of them.
cat > "$work/debian.sh" <<'INNER'
set -eu
dist=$1 work=$2 new=$3
say() { printf 'well: %s\n' "$1"; }
mount -t tmpfs none "$work/mnt"
mkdir "$work/mnt/upper" "$work/mnt/work" "$work/mnt/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/mnt/upper,workdir=$work/mnt/work" "$work/mnt/root"
root=$work/mnt/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp "$dist"/ligature_*.deb "$root/tmp/one.deb"
cp "$new" "$root/tmp/two.deb"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
as() { inside setpriv --reuid=ligature --regid=ligature --init-groups "$@"; }
conf="--config /etc/ligature/ligature.toml"
inside dpkg --force-depends -i /tmp/one.deb >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ "$(stat -c '%U %a' "$root/var/lib/ligature/ligature.key" | sed "s/UNKNOWN/ligature/")" = "ligature 600" ]
[ "$(stat -c %a "$root/etc/ligature/ligature.toml")" = 640 ]
as /usr/bin/ligature $conf migrate >/dev/null
as /usr/bin/ligature $conf doctor
say "installed: user, key and settings are there, doctor finds nothing"
as /usr/bin/ligature $conf backup /var/lib/ligature/before.db >/dev/null
key=$(sha256sum < "$root/var/lib/ligature/ligature.key")
echo '# changed by hand' >> "$root/etc/ligature/ligature.toml"
inside dpkg --force-depends -i /tmp/two.deb >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ "$key" = "$(sha256sum < "$root/var/lib/ligature/ligature.key")" ]
grep -q 'changed by hand' "$root/etc/ligature/ligature.toml"
inside dpkg-query -W -f '${Version}' ligature | grep -q 99
as /usr/bin/ligature $conf doctor >/dev/null
say "upgraded: key, database and changed settings stay"
# Back as docs/how-to/upgrade.md tells: the version before, the backup in the database's place.
inside dpkg --force-depends -i /tmp/one.deb >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
rm -f "$root"/var/lib/ligature/ligature.db-wal "$root"/var/lib/ligature/ligature.db-shm
mv "$root/var/lib/ligature/before.db" "$root/var/lib/ligature/ligature.db"
case $(inside dpkg-query -W -f '${Version}' ligature) in 99*) echo "still the new version"; exit 1 ;; esac
# A copy is noticed, and ended by what doctor names.
if as /usr/bin/ligature $conf doctor >"$work/log" 2>&1; then echo "doctor takes a copy for the original"; exit 1; fi
grep -q 'ligature restored' "$work/log"
as /usr/bin/ligature $conf restored >/dev/null
as /usr/bin/ligature $conf doctor >/dev/null
[ "$key" = "$(sha256sum < "$root/var/lib/ligature/ligature.key")" ]
say "rolled back: the version before runs on the backup"
inside dpkg -r ligature >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ -f "$root/var/lib/ligature/ligature.db" ] && [ ! -e "$root/usr/bin/ligature" ]
inside dpkg -P ligature >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ ! -e "$root/var/lib/ligature" ] && [ ! -e "$root/etc/ligature" ]
say "removed: data stay; purged: nothing is left"
INNER

mkdir "$work/mnt" "$work/tree" "$work/oci" "$work/image"
# The second build: the same with a higher version.
dpkg-deb -R "$dist"/ligature_*.deb "$work/tree"
sed -i 's/^Version: .*/Version: 99.0.0/' "$work/tree/DEBIAN/control"
dpkg-deb --build --root-owner-group -Zgzip "$work/tree" "$work/two.deb" >/dev/null
unshare -m sh "$work/debian.sh" "$dist" "$work" "$work/two.deb"

(cd "$dist" && sha256sum --quiet -c SHA256SUMS)
for kind in tar.gz deb oci.tar cdx.json; do
    grep -q "ligature.*$kind\$" "$dist/SHA256SUMS" || { echo "SHA256SUMS lacks $kind"; exit 1; }
done
say "checksums, of the list of what is linked too"
tar -C "$work/oci" -xf "$dist"/ligature-*-oci.tar
grep -q '"imageLayoutVersion":"1.0.0"' "$work/oci/oci-layout"
for blob in "$work"/oci/blobs/sha256/*; do
    [ "$(sha256sum < "$blob" | cut -d' ' -f1)" = "$(basename "$blob")" ]
done
digest() { grep -o "\"mediaType\":\"$1\",\"digest\":\"sha256:[0-9a-f]*" "$2" | sed 's/.*sha256://'; }
manifest=$work/oci/blobs/sha256/$(digest 'application/vnd.oci.image.manifest.v1+json' "$work/oci/index.json")
layer=$work/oci/blobs/sha256/$(digest 'application/vnd.oci.image.layer.v1.tar+gzip' "$manifest")
tar -C "$work/image" -xzf "$layer"
in_image() { chroot --userspec=65532:65532 "$work/image" /usr/bin/ligature "$@"; }
mkdir -p "$work/image/data"
export LIGATURE__DATABASE__URL=sqlite:///data/ligature.db LIGATURE__KEYS__FILE=/data/ligature.key LIGATURE_CONFIG=/data/ligature.toml LIGATURE__SERVER__LISTEN=127.0.0.1:18080
in_image init >/dev/null
in_image --version
in_image serve >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do
    if curl -sf http://127.0.0.1:18080/readyz >/dev/null; then break; fi
    sleep 0.1
done
curl -sf http://127.0.0.1:18080/readyz >/dev/null || { cat "$work/log"; kill "$server"; exit 1; }
kill "$server"
wait "$server" || true
say "the image starts from its own files alone"
