#!/usr/bin/env bash
# Makes the archives beside this script: each kind of container around the same few log lines, by the tools
# that operators use (GNU tar, gzip, bzip2, xz, zstd, lz4, Info-ZIP). The lines are made up.
# Times and owners are fixed, so that the same versions of the tools make the same bytes (but for the
# encrypted one: its salt is random, and nobody reads it).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC LC_ALL=C
stamp=202405020000.00

# var/log of one host: a live log, one rotated, one rotated and packed; a link, a program, nothing.
logs=sos/var/log
mkdir -p "$logs" "sos/sos_commands"
line() { printf '2024-05-01T%s+00:00 web1 app[7]: %s\n' "$1" "$2"; }
{ line 10:00:00 'error: pool exhausted'; line 10:00:01 'retrying'; } >"$logs/messages"
{ line 09:00:00 'yesterday'; line 09:30:00 'still fine'; } >"$logs/messages.1"
{ line 08:00:00 'the day before'; line 08:30:00 'all is well'; } >"$logs/messages-2"
gzip -n "$logs/messages-2" && mv "$logs/messages-2.gz" "$logs/messages.2.gz"
ln -s messages "$logs/current"
: >"$logs/empty.log"
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0' >sos/sos_commands/tool
long=sos/sos_commands/$(printf 'a_very_long_name_of_a_folder_%.0s' 1 2 3 4)
mkdir -p "$long"
line 07:00:00 'behind a long name' >"$long/log"
find sos -exec touch -h -t "$stamp" {} +

pack() { tar --sort=name --owner=0 --group=0 --numeric-owner "$@"; }
pack --format=gnu -cf sos.tar sos
pack --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf sos-pax.tar sos
(cd sos/var && pack --format=v7 -cf ../../sos-v7.tar log)
gzip -nk9 sos.tar
bzip2 -k sos.tar
xz -k sos.tar
zstd -qk sos.tar
lz4 -qk sos.tar sos.tar.lz4
mv sos.tar.gz sos.tgz && gzip -nk9 sos.tar

# One log alone, in each: in parts, because logs are packed in parts.
head -n 1 "$logs/messages" >first && tail -n 1 "$logs/messages" >second
for tool in 'gzip -n' bzip2 xz 'zstd -q' 'lz4 -q'; do
    case $tool in gzip*) end=gz ;; bzip2) end=bz2 ;; zstd*) end=zst ;; lz4*) end=lz4 ;; *) end=$tool ;; esac
    { $tool -c first; $tool -c second; } >"messages.$end"
done
# A skippable frame (RFC 8878, 3.1.2) of four bytes before, between and behind.
skip() { printf '\120\052\115\030\4\0\0\0skip'; }
{ skip; zstd -qc first; skip; zstd -qc second; skip; } >skippable.zst
gzip -nc "$logs/messages" | zstd -qc >twice.gz.zst

(cd sos && zip -qXry ../logs.zip var -x '*.gz')
# Times in UTC, which -X leaves out; zip keeps the time of the last reading as well.
find sos -exec touch -h -t "$stamp" {} +
(cd sos && zip -qry -Z store ../logs-stored.zip var)
(cd sos && zip -qXr - var -x '*current' | cat >../logs-streamed.zip)
(cd sos && zip -qXry -P secret ../logs-encrypted.zip var/log/messages)
# Archives in archives.
zip -qX bundle.zip sos.tar.xz messages.gz logs.zip
pack --format=gnu -cf - bundle.zip sos.tgz messages.zst | xz -c >everything.tar.xz

rm -f "$here"/*.{tar,tgz,gz,bz2,xz,zst,lz4,zip}
cp sos.tar sos-pax.tar sos-v7.tar sos.tgz sos.tar.* messages.* skippable.zst twice.gz.zst *.zip everything.tar.xz "$here"
