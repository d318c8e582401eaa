#!/usr/bin/env bash
# Records samples/vrrp-bond-down: two routers (keepalived + FRR + rsyslog) in
# network namespaces of their own. First the path behind r1's dp0bond0 dies
# silently, about two minutes later dp0bond0 itself falls, later it is repaired.
#
# Usage (root):  vrrp-bond-down.sh [OUT]
# Phases, seconds: CALM (all well), SILENT (packets lost, link up),
# DOWN (interface down), AFTER (repaired). CHECK = the checker's sleep.
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" != --router ] && [ "${1:-}" != --checker ]; then OUT=${1:-$HERE/../vrrp-bond-down}; fi
CALM=${CALM:-150} SILENT=${SILENT:-125} DOWN=${DOWN:-130} AFTER=${AFTER:-150} CHECK=${CHECK:-60}

# --- inside one router (own net, mount and uts namespace) ---------------------
if [ "${1:-}" = --router ]; then
  W=$2 NAME=$3 N=$4 PRIO=$5 STATE=$6
  hostname "$NAME"
  # A /dev and /run of our own, so that daemons find *this* router's /dev/log.
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /dev
  mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5
  mknod -m 666 /dev/random c 1 8; mknod -m 666 /dev/urandom c 1 9
  mknod -m 600 /dev/kmsg c 1 11   # for dmesg --follow-new
  mkdir -p /dev/shm /run/frr /run/keepalived "$W/$NAME/log/frr" "$W/$NAME/etc"
  mount --bind "$W/$NAME/log" /var/log
  chown frr:frr /run/frr /var/log/frr

  # r1 writes local time without a zone, r2 writes ISO stamps with +00:00.
  tmpl=RSYSLOG_TraditionalFileFormat
  [ "$NAME" = r2 ] && tmpl=RSYSLOG_FileFormat
  cat > "$W/$NAME/etc/rsyslog.conf" <<C
module(load="imuxsock" SysSock.RateLimit.Interval="0")
module(load="builtin:omfile" Template="$tmpl")
global(workDirectory="/run")
*.info;auth,authpriv.none /var/log/messages
C
  rsyslogd -n -f "$W/$NAME/etc/rsyslog.conf" -i /run/rsyslogd.pid & SYSLOG=$!
  for _ in $(seq 50); do [ -S /dev/log ] && break; sleep 0.1; done

  # One file per daemon: FRR logs an error for every line a daemon does not know.
  log='log file /var/log/frr/frr.log debugging
log syslog informational'
  cat > "$W/$NAME/etc/zebra.conf" <<C
hostname $NAME
$log
C
  cat > "$W/$NAME/etc/ospfd.conf" <<C
hostname $NAME
$log
debug ospf ism status
debug ospf nsm status
router ospf
 ospf router-id 10.0.255.$N
 log-adjacency-changes detail
 network 10.0.80.0/24 area 0
 network 10.0.81.0/24 area 0
C
  cat > "$W/$NAME/etc/ospf6d.conf" <<C
hostname $NAME
$log
debug ospf6 neighbor state
debug ospf6 interface
interface dp0bond0
 ipv6 ospf6 area 0.0.0.0
exit
interface dp0bond1
 ipv6 ospf6 area 0.0.0.0
exit
router ospf6
 ospf6 router-id 10.0.255.$N
 log-adjacency-changes detail
exit
C
  chown -R frr:frr "$W/$NAME/etc"; chmod 755 "$W" "$W/$NAME" "$W/$NAME/etc"
  # bound to the usual place, so that no temporary path gets into the logs
  mount --bind "$W/$NAME/etc" /etc/frr; mount --bind "$W/$NAME/etc" /etc/keepalived
  for d in zebra ospfd ospf6d; do
    /usr/lib/frr/$d -d -f /etc/frr/$d.conf -i "/run/frr/$d.pid" -A 127.0.0.1
  done

  cat > "$W/$NAME/etc/keepalived.conf" <<C
global_defs {
  router_id $NAME
}
vrrp_sync_group vgroup1 {
  group {
    vyatta-dp0bond0-1
    vyatta-dp0bond1-1
  }
}
vrrp_instance vyatta-dp0bond0-1 {
  state $STATE
  interface dp0bond0
  virtual_router_id 1
  priority $PRIO
  advert_int 1
  virtual_ipaddress { 10.0.80.1/24 }
}
vrrp_instance vyatta-dp0bond1-1 {
  state $STATE
  interface dp0bond1
  virtual_router_id 2
  priority $PRIO
  advert_int 1
  virtual_ipaddress { 10.0.81.254/24 }
}
C
  chmod 644 "$W/$NAME/etc/keepalived.conf"
  keepalived -D -p /run/keepalived.pid

  # Jobs handed in by the outer script, run with this router's /dev/log.
  touch "$W/$NAME/ready"
  if [ "$NAME" = r1 ]; then
    # The kernel's own words about this bridge, passed on as imklog would
    # (the kernel log is one for all namespaces, so imklog itself is not used).
    dmesg --follow-new 2>/dev/null < /dev/null | stdbuf -oL grep --line-buffered 'dp0bond0' \
      | while IFS= read -r l; do logger -t kernel -- "$l"; done &
    echo $! > "$W/$NAME/relay.pid"
  fi
  while [ ! -e "$W/stop" ]; do
    if [ -e "$W/$NAME/job" ]; then mv "$W/$NAME/job" "$W/$NAME/job.run"; bash -eu "$W/$NAME/job.run" || true; rm -f "$W/$NAME/job.run"; fi
    sleep 0.1
  done
  # Orderly stop, so the daemons' shutdown lines are recorded too.
  for p in keepalived; do kill "$(cat /run/$p.pid)" 2>/dev/null || true; done
  sleep 2
  for d in ospf6d ospfd zebra; do kill "$(cat /run/frr/$d.pid)" 2>/dev/null || true; done
  sleep 1
  kill $SYSLOG 2>/dev/null || true; wait $SYSLOG || true
  exit 0
fi

# --- the checker of the story, inside r1 --------------------------------------
if [ "${1:-}" = --checker ]; then
  W=$2
  ifs="dp0bond0 dp0bond1 dp0s0 dp0s1 dp0s2 dp0s3"
  # Mainline Linux has no opstate_age / opstate_changes. `age` is therefore
  # measured here: a small loop notes the uptime at which operstate last changed;
  # `chngs` counts those changes (the first state counts as 1).
  (
    declare -A st ch
    for d in $ifs; do st[$d]='' ch[$d]=0; done
    while [ ! -e "$W/stop" ]; do
      for d in $ifs; do
        read -r s < /sys/class/net/$d/operstate
        if [ "$s" != "${st[$d]}" ]; then
          st[$d]=$s; ch[$d]=$((ch[$d]+1))
          read -r up _ < /proc/uptime
          echo "$up ${ch[$d]}" > "$W/age.$d.new"; mv "$W/age.$d.new" "$W/age.$d"
        fi
      done
      sleep 0.05
    done
  ) &
  sleep 1
  while [ ! -e "$W/stop" ]; do
    printf 'date,\t\t\t  if,\t\tcarr,\tstate,\tage,\t\tchngs,\tping,\tping\n'
    ping -c 1 8.8.8.8 >/dev/null 2>&1 && p1=1 || p1=0
    ping -c 1 10.0.80.11 >/dev/null 2>&1 && p2=1 || p2=0
    for dev in $ifs; do
      read -r t0 n < "$W/age.$dev"; read -r up _ < /proc/uptime
      # %z, not date -Iseconds: the story's lines have +0900 without a colon
      echo -n "$(date +%Y-%m-%dT%H:%M:%S%z),"
      echo -n " $dev,"
      echo -n "	$(cat /sys/class/net/$dev/carrier),"
      echo -n "	$(cat /sys/class/net/$dev/operstate),"
      echo -n "	$(awk -v a="$up" -v b="$t0" 'BEGIN{printf "%.3f", a-b}'),"
      echo -n "	$n,"
      echo "	$p1,	$p2"
    done
    sleep "$CHECK" & wait $! || true
  done
  exit 0
fi

# --- outside: build the network, start, break, repair -------------------------
W=$(mktemp -d); chmod 755 "$W"
NS="tlr1 tlr2 tlsw"
PIDS=()
cleanup() {
  touch "$W/stop"
  [ -e "$W/r1/relay.pid" ] && kill "$(cat "$W/r1/relay.pid")" 2>/dev/null || true
  for p in "${PIDS[@]}"; do wait "$p" 2>/dev/null || true; done
  for n in $NS; do   # whatever is left inside these namespaces is ours
    for p in $(ip netns pids "$n" 2>/dev/null); do kill "$p" 2>/dev/null || true; done
    ip netns del "$n" 2>/dev/null || true
  done
  rm -rf "$W"
}
trap cleanup EXIT

for n in $NS; do ip netns add "$n"; ip -n "$n" link set lo up; done
# Switches: swA carries dp0bond0, swC carries dp0bond1, swB is dp0s2's idle leg.
for s in swA swB swC; do ip -n tlsw link add $s type bridge; ip -n tlsw link set $s up; done
leg() { # ns, slave, its bridge ("bond"), switch, switch port
  ip -n "$1" link add "$2" type veth peer name "$5" netns tlsw
  ip -n "$1" link set "$2" master "$3"; ip -n "$1" link set "$2" up
  ip -n tlsw link set "$5" master "$4"; ip -n tlsw link set "$5" up
}
for n in tlr1 tlr2; do for b in dp0bond0 dp0bond1; do
  # The bonding module is not there, so dp0bondX is a bridge over its two legs:
  # it too loses carrier when it has no working member, while the members stay up.
  ip -n $n link add $b type bridge; ip -n $n link set $b up
done; done
leg tlr1 dp0s0 dp0bond0 swA r1s0; leg tlr1 dp0s2 dp0bond0 swB r1s2
leg tlr1 dp0s1 dp0bond1 swC r1s1
ip -n tlr1 link add dp0s3 type veth peer name r1s3 netns tlsw
ip -n tlr1 link set dp0s3 master dp0bond1; ip -n tlr1 link set dp0s3 up; ip -n tlsw link set r1s3 up
leg tlr2 dp0s0 dp0bond0 swA r2s0; leg tlr2 dp0s1 dp0bond1 swC r2s1
ip -n tlr1 addr add 10.0.80.2/24 dev dp0bond0; ip -n tlr1 addr add 10.0.81.2/24 dev dp0bond1
ip -n tlr2 addr add 10.0.80.3/24 dev dp0bond0; ip -n tlr2 addr add 10.0.81.3/24 dev dp0bond1
ip -n tlsw addr add 10.0.80.11/24 dev swA      # the neighbour the checker pings
ip -n tlsw addr add 10.0.81.1/24 dev swC; ip -n tlsw addr add 8.8.8.8/32 dev lo  # "the internet"
ip -n tlr1 route add default via 10.0.81.1
sleep 3

TRUTH=$W/truth
note() { printf '%s\t%s\t%s\n' "$(TZ=Asia/Seoul date +%FT%T.%3N%:z)" "$(TZ=UTC date +%FT%T.%3NZ)" "$1" | tee -a "$TRUTH"; }
job() { cat > "$W/$1/job.new"; mv "$W/$1/job.new" "$W/$1/job"; }
mkdir -p "$W/r1" "$W/r2"

note 'routers start'
TZ=UTC        ip netns exec tlr2 unshare -m -u "$0" --router "$W" r2 2 100 BACKUP & PIDS+=($!)
TZ=Asia/Seoul ip netns exec tlr1 unshare -m -u "$0" --router "$W" r1 1 150 MASTER & PIDS+=($!)
for _ in $(seq 100); do [ -e "$W/r1/ready" ] && [ -e "$W/r2/ready" ] && break; sleep 0.1; done
CHECK=$CHECK TZ=Asia/Seoul ip netns exec tlr1 "$0" --checker "$W" > "$W/checker.csv" 2>"$W/checker.err" & CHK=$!

# Everyday noise, as the story's log has it (synthesised words, real rsyslogd).
noise() { job r1 <<'J'
logger -t 'vplaned[35]' 'get_netconf 9 failed Operation not supported'
logger -t 'vplaned[35]' 'get_netconf 15 failed Operation not supported'
J
}
sleep $((CALM/2)); noise; sleep $((CALM-CALM/2))

note 'packets behind r1 dp0bond0 are lost from now on (switch port stops forwarding; link stays up)'
bridge -n tlsw link set dev r1s0 state 0
sleep $((SILENT/2)); noise; sleep $((SILENT-SILENT/2))

note 'r1 dp0bond0 loses its members and goes down (dp0s0, dp0s2 themselves stay up)'
ip -n tlr1 link set dp0s2 nomaster
ip -n tlr1 link set dp0s0 nomaster
sleep "$DOWN"

note 'repair: switch port forwards again'
bridge -n tlsw link set dev r1s0 state 3
job r1 <<'J'
logger -t vyatta-bonding -- '--dev=dp0bond0 --add=dp0s0'
logger -t vyatta-bonding -- '--dev=dp0bond0 --add=dp0s2'
J
sleep 1
note 'repair: members are put back, r1 dp0bond0 comes up'
ip -n tlr1 link set dp0s0 master dp0bond0
ip -n tlr1 link set dp0s2 master dp0bond0
sleep "$AFTER"
note 'recording ends, daemons are stopped'
touch "$W/stop"
for p in "${PIDS[@]}"; do wait "$p" || true; done
kill "$CHK" 2>/dev/null || true; wait "$CHK" 2>/dev/null || true

rm -rf "$OUT"; mkdir -p "$OUT/r1/var/log/frr" "$OUT/r1/home/vyatta" "$OUT/r2/var/log/frr"
for r in r1 r2; do
  cp "$W/$r/log/messages" "$OUT/$r/var/log/messages"
  cp "$W/$r/log/frr/frr.log" "$OUT/$r/var/log/frr/frr.log"
done
cp "$W/checker.csv" "$OUT/r1/home/vyatta/checker.csv"
cp "$TRUTH" "$HERE/truth-vrrp-bond-down.tsv"
chmod -R u=rwX,go=rX "$OUT"
