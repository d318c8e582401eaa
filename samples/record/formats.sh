#!/usr/bin/env bash
# Records samples/formats: one short file per log format, written by real daemons
# in namespaces of their own. Real time; TZ=Asia/Seoul unless said otherwise.
# Takes about two minutes (cron has to see a minute pass).
#
# Usage (root):  formats.sh [OUT]
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" != --inside ]; then
  OUT=${1:-$HERE/../formats}
  W=$(mktemp -d); chmod 755 "$W"; trap 'rm -rf "$W"' EXIT; mkdir "$W/out"
  unshare -m -u -n -f "$0" --inside "$W" "$HERE"
  # FRR's plain file log is the one of the routers' recording
  for d in OSPF OSPF6; do
    grep " $d: " "$HERE/../vrrp-bond-down/r1/var/log/frr/frr.log" | head -30 > "$W/out/frr-${d,,}.log" || true
  done
  # short on purpose: at most 40 lines; the slow log (records of 7 lines) ends with a whole record
  for f in "$W"/out/*; do sed -i '41,$d' "$f"; done
  sed -i '36,$d' "$W/out/php-fpm-slow.log"
  mkdir -p "$OUT"; find "$OUT" -type f ! -name ORIGIN.md -delete
  cp "$W"/out/* "$OUT/"; chmod -R u=rwX,go=rX "$OUT"
  exit 0
fi

W=$2 HERE=$3 O=$2/out
export TZ=Asia/Seoul LC_ALL=C
hostname web1; ip link set lo up
mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /dev
mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5; mknod -m 666 /dev/full c 1 7
mknod -m 666 /dev/random c 1 8; mknod -m 666 /dev/urandom c 1 9
mkdir -p /dev/shm /dev/pts /var/www /run/rec/empty /run/php-fpm /run/frr /run/sshd /run/keepalived
chmod 1777 /dev/shm; mount -t devpts devpts /dev/pts -o newinstance,ptmxmode=0666; ln -s pts/ptmx /dev/ptmx; ln -s /proc/self/fd /dev/fd
mount -t tmpfs tmpfs /var/log; mkdir -p /var/log/frr /var/log/php-fpm; chown frr:frr /run/frr /var/log/frr
mount -t tmpfs tmpfs /home; mkdir -p /home/ec2-user
cp /etc/passwd /run/rec/passwd; echo 'ec2-user:x:500:500::/home/ec2-user:/bin/bash' >> /run/rec/passwd
cp /etc/shadow /run/rec/shadow; echo 'ec2-user:*:16000:0:99999:7:::' >> /run/rec/shadow
mount --bind /run/rec/passwd /etc/passwd; mount --bind /run/rec/shadow /etc/shadow
mount --bind /run/rec/empty /etc/cron.d
[ -d /var/spool/cron/crontabs ] && mount --bind /run/rec/empty /var/spool/cron/crontabs
cp -r /etc/pam.d /run/rec/pam.d; sed -i '/pam_limits/d' /run/rec/pam.d/*   # limits cannot be set in here: only noise
mount --bind /run/rec/pam.d /etc/pam.d
echo '127.0.0.1 localhost web1' > /run/rec/hosts; mount --bind /run/rec/hosts /etc/hosts
mount -t tmpfs tmpfs /var/www; WWW=/var/www/app; mkdir $WWW
PIDS=()
cleanup() { for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done; }
trap cleanup EXIT
bye() { kill "$1" 2>/dev/null || true; wait "$1" 2>/dev/null || true; }

# --- rsyslog: the same messages in four formats ---------------------------------
cat > /run/rec/rsyslog.conf <<C
module(load="imuxsock" SysSock.RateLimit.Interval="0")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="514")
template(name="pri" type="string" string="<%PRI%>%TIMESTAMP% %HOSTNAME% %syslogtag%%msg:::sp-if-no-1st-sp%%msg:::drop-last-lf%\n")
global(workDirectory="/run/rec")
if \$programname startswith "Keepalived" then {
  action(type="omfile" file="$O/keepalived-syslog.log" template="RSYSLOG_TraditionalFileFormat")
  stop
}
if \$programname == "kernel" then {
  action(type="omfile" file="$O/kern.log" template="RSYSLOG_TraditionalFileFormat")
  stop
}
auth,authpriv.* action(type="omfile" file="$O/auth.log" template="RSYSLOG_TraditionalFileFormat")
cron.* action(type="omfile" file="$O/cron.log" template="RSYSLOG_TraditionalFileFormat")
*.* action(type="omfile" file="$O/syslog-rfc3164.log" template="RSYSLOG_TraditionalFileFormat")
*.* action(type="omfile" file="$O/syslog-rfc3164-pri.log" template="pri")
*.* action(type="omfile" file="$O/syslog-rfc5424.log" template="RSYSLOG_SyslogProtocol23Format")
*.* action(type="omfile" file="$O/syslog-iso.log" template="RSYSLOG_FileFormat")
C
rsyslogd -n -f /run/rec/rsyslog.conf -i /run/rsyslogd.pid & SYSLOG=$!; PIDS+=($SYSLOG)
for _ in $(seq 100); do [ -S /dev/log ] && break; sleep 0.05; done; sleep 0.2

# --- cron: left to itself while the rest is recorded ----------------------------
printf '%s\n' 'SHELL=/bin/sh' '* * * * * root /bin/true >/dev/null' \
  '* * * * * ec2-user /bin/echo stamp' '@reboot root /bin/true' > /run/rec/crontab
chmod 644 /run/rec/crontab; mount --bind /run/rec/crontab /etc/crontab
cron -f -L 5 & CRON=$!; PIDS+=($CRON); CRON_T0=$EPOCHSECONDS

# --- plain messages ---------------------------------------------------------
logger -p user.warning -t app 'disk /data 91% full'
logger -p local0.err -t 'worker[4711]' 'job 17 failed: timeout after 30 s'
logger -p daemon.info -t 'app[12]' '한글 메시지: 서버 시작'
# over UDP, because rsyslog reads no structured data from a local socket
logger -n 127.0.0.1 -d -P 514 -p user.notice --rfc5424 --sd-id 'order@32473' --sd-param 'id="42"' --sd-param 'who="kim"' -t shop 'order placed'

# --- sshd, sudo -----------------------------------------------------------------
ssh-keygen -q -t ed25519 -N '' -f /run/rec/hostkey; ssh-keygen -q -t ed25519 -N '' -f /run/rec/userkey
cp /run/rec/userkey.pub /run/rec/authkeys; chmod 644 /run/rec/authkeys
cat > /run/rec/sshd_config <<'C'
Port 22
ListenAddress 127.0.0.1
HostKey /run/rec/hostkey
AuthorizedKeysFile /run/rec/authkeys
StrictModes no
UsePAM yes
KbdInteractiveAuthentication no
PidFile /run/sshd.pid
C
/usr/sbin/sshd -D -f /run/rec/sshd_config & SSHD=$!; PIDS+=($SSHD); sleep 0.5
printf '#!/bin/sh\necho wrong\n' > /run/rec/askpass; chmod 755 /run/rec/askpass
S=(ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)
for u in admin oracle root; do
  SSH_ASKPASS=/run/rec/askpass SSH_ASKPASS_REQUIRE=force timeout 20 "${S[@]}" -o PubkeyAuthentication=no \
    -o NumberOfPasswordPrompts=1 $u@127.0.0.1 true < /dev/null 2>/dev/null || true
done
"${S[@]}" -i /run/rec/userkey ec2-user@127.0.0.1 true < /dev/null 2>/dev/null || true
(cd /; sudo -u ec2-user /usr/bin/id > /dev/null; sudo -u ec2-user sudo -n /bin/ls /root < /dev/null > /dev/null 2>&1 || true)
bye $SSHD

# --- the kernel's real words, passed on with logger as they appear ---------------
# (one kernel log for all namespaces: only lines about our own doings are let through)
mknod -m 600 /dev/kmsg c 1 11
dmesg --follow-new 2>/dev/null < /dev/null | stdbuf -oL grep -E --line-buffered 'kbr0|php-fpm8.*segfault' \
  | while IFS= read -r l; do logger -t kernel -- "$l"; done & RELAY=$!
sleep 0.3
ip link add kbr0 type bridge; ip link set kbr0 up
ip link add kv0 type veth peer name kv1; ip link set kv0 master kbr0; ip link set kv0 up; ip link set kv1 up
sleep 1; ip link set kv1 down; sleep 1; ip link set kv1 up; sleep 0.5; ip link set kv0 nomaster

# --- php-fpm and nginx -----------------------------------------------------------
cat > $WWW/index.php <<'P'
<?php echo "ok ", str_repeat("x", (int)($_GET['n'] ?? 10));
P
cat > $WWW/slow.php <<'P'
<?php
class Report {
  function build($id) { return $this->query("select $id"); }
  function query($sql) { usleep(1900000); return $sql; }
}
function page($id) { return (new Report)->build($id); }
echo page(7);
P
cat > $WWW/crash.php <<'P'
<?php function f($x) { return array_map('f', [$x]); } f(1);
P
cat > /run/rec/php-fpm.conf <<'C'
[global]
error_log = /var/log/php-fpm/error.log
daemonize = no
pid = /run/php-fpm/php-fpm.pid
[www]
user = www-data
group = www-data
listen = /run/php-fpm/php-fpm.sock
listen.owner = www-data
pm = dynamic
pm.max_children = 4
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
slowlog = /var/log/php-fpm/www-slow.log
request_slowlog_timeout = 1s
request_terminate_timeout = 4s
rlimit_core = 0
php_admin_value[memory_limit] = 512M
C
sed -i 's/sleep(1900000)/sleep(1900000 + (int)($_GET["more"] ?? 0))/' $WWW/slow.php
cat > /run/rec/nginx.conf <<C
user www-data; worker_processes 1; pid /run/nginx.pid; daemon off;
error_log $O/nginx-error.log info;
events { worker_connections 64; }
http {
  log_format json '{"@timestamp":"\$time_iso8601","remote_addr":"\$remote_addr","host":"\$http_host",'
    '"request":"\$request","status": "\$status","body_bytes_sent":"\$body_bytes_sent",'
    '"request_time":"\$request_time","http_referrer":"\$http_referer","http_user_agent":"\$http_user_agent"}';
  access_log $O/nginx-access.json json;
  access_log $O/nginx-access-combined.log combined;
  client_body_temp_path /run/rec/b; fastcgi_temp_path /run/rec/f; proxy_temp_path /run/rec/p;
  uwsgi_temp_path /run/rec/u; scgi_temp_path /run/rec/s;
  server {
    listen 80; root $WWW; fastcgi_read_timeout 3s; fastcgi_buffers 4 4k;
    fastcgi_buffer_size 4k; fastcgi_busy_buffers_size 8k;
    location = /health { return 200 "health"; }
    location /secret { deny all; }
    location ~ \.php\$ {
      fastcgi_pass unix:/run/php-fpm/php-fpm.sock; include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
    }
  }
}
C
FPMBIN=$(ls /usr/sbin/php-fpm[0-9]* | head -1)
TZ=UTC nginx -c /run/rec/nginx.conf 2>/dev/null & NGINX=$!; PIDS+=($NGINX); sleep 0.5
get() { local m=${M:-10}; curl -s -H "Connection: close" -o /dev/null -m "$m" "$@" || true; }
get http://127.0.0.1/index.php                               # php-fpm not there yet: [crit]
"$FPMBIN" -n -F -y /run/rec/php-fpm.conf 2>/dev/null & FPM=$!; PIDS+=($FPM); sleep 0.8
for i in 1 2 3; do get -A 'ELB-HealthChecker/2.0' http://127.0.0.1/health; get -A 'Go-http-client/1.1' http://127.0.0.1/index.php; done
get http://127.0.0.1/missing.png; get http://127.0.0.1/secret/x; get -I http://127.0.0.1/index.php
get -e 'http://127.0.0.1/login' -A 'Mozilla/5.0 (X11; Linux x86_64) "quoted" \back' 'http://127.0.0.1/index.php?q=%EC%84%9C%EB%B2%84'
M=2 get --limit-rate 200k 'http://127.0.0.1/index.php?n=20000000'  # slow reader: [warn] buffered to a temporary file
for i in 1 2 3 4 5; do get http://127.0.0.1/slow.php & J[i]=$!; done; for i in "${J[@]}"; do wait $i; done
get 'http://127.0.0.1/slow.php?more=9000000'                  # 504, then killed by php-fpm
M=1 get http://127.0.0.1/slow.php                             # client goes away: 499
get http://127.0.0.1/crash.php                                # SIGSEGV, 502
printf 'GARBAGE\r\n\r\n' | timeout 2 bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; cat >&3; cat <&3' > /dev/null || true
TZ=UTC timeout 5 nginx -c /run/rec/nginx.conf 2>/dev/null || true   # second one: [emerg] address in use
sleep 1.5
pkill -9 -P $NGINX || true; sleep 0.5                         # [alert] worker exited on signal 9
bye $NGINX; bye $FPM
for p in $(pgrep -x dmesg -P $$ || true); do kill "$p" || true; done   # ends the relay's pipe
kill $RELAY 2>/dev/null || true; wait $RELAY 2>/dev/null || true
cp /var/log/php-fpm/error.log "$O/php-fpm-error.log"; cp /var/log/php-fpm/www-slow.log "$O/php-fpm-slow.log"

# --- keepalived: own output and syslog from the same run --------------------------
ip link add vr0 type veth peer name vr1; ip link set vr0 up; ip link set vr1 up; ip addr add 10.9.0.1/24 dev vr0
mkdir /run/rec/keepalived
cat > /run/rec/keepalived/keepalived.conf <<'C'
global_defs {
  router_id web1
}
vrrp_instance VI_1 {
  state BACKUP
  interface vr0
  virtual_router_id 9
  priority 100
  garp_master_repeat 1
  virtual_ipaddress { 10.9.0.9/24 }
}
C
chmod 644 /run/rec/keepalived/keepalived.conf; mkdir -p /etc/keepalived; mount --bind /run/rec/keepalived /etc/keepalived
keepalived -n -l -D > "$O/keepalived-console.log" 2>&1 & KA=$!; PIDS+=($KA)
sleep 5; ip link set vr1 down; sleep 1; ip link set vr1 up; sleep 4.5; bye $KA

# --- FRR with sub-second stamps ----------------------------------------------------
mkdir /run/rec/frr
printf '%s\n' 'log file /var/log/frr/f.log debugging' 'log timestamp precision 6' > /run/rec/frr/zebra.conf
printf '%s\n' 'log file /var/log/frr/f.log debugging' 'log timestamp precision 6' 'debug ospf ism' \
  'router ospf' ' ospf router-id 10.9.0.1' ' network 10.9.0.0/24 area 0' > /run/rec/frr/ospfd.conf
chown -R frr:frr /run/rec/frr; chmod 755 /run/rec; mount --bind /run/rec/frr /etc/frr
for d in zebra ospfd; do /usr/lib/frr/$d -d -f /etc/frr/$d.conf -i /run/frr/$d.pid -A 127.0.0.1; done
sleep 12
for d in ospfd zebra; do kill "$(cat /run/frr/$d.pid)"; done; sleep 1
head -40 /var/log/frr/f.log > "$O/frr-microseconds.log"

# --- redis ---------------------------------------------------------------------------
mkdir /run/rec/redis
redis-server --port 6379 --dir /run/rec/redis --logfile "$O/redis.log" --save '' --loglevel notice & REDIS=$!; PIDS+=($REDIS)
sleep 1; redis-cli set a 1 >/dev/null; redis-cli save >/dev/null; redis-cli bgsave >/dev/null; sleep 1
redis-cli config set maxmemory 1kb >/dev/null 2>&1 || true
redis-cli shutdown nosave 2>/dev/null || true; wait $REDIS || true

# --- java ------------------------------------------------------------------------------
java "$HERE/AdminController.java" logback > "$O/java-logback-imitated.log" 2>&1 || true
LC_ALL=C.UTF-8 java "$HERE/AdminController.java" jul > "$O/java-util-logging.log" 2>&1 || true

# --- logrotate -v, sar -------------------------------------------------------------------
printf 'x\n' > /var/log/app.log
printf '/var/log/app.log {\n  weekly\n  dateext\n  compress\n  rotate 4\n  su root root\n}\n' > /run/logrotate.conf; chmod 644 /run/logrotate.conf
logrotate -v -f -s /run/logrotate.state /run/logrotate.conf > "$O/logrotate-v.txt" 2>&1 || true
sar -u 1 6 > "$O/sar-cpu.txt"; sar -n DEV 1 2 > "$O/sar-net.txt"; sar -r 1 3 > "$O/sar-memory.txt"
rm -f /run/sa; /usr/lib/sysstat/sadc /run/sa; /usr/lib/sysstat/sadc 1 4 /run/sa; /usr/lib/sysstat/sadc -C "release 42" /run/sa
sadf -j /run/sa -- -u -q -C -n DEV --iface=lo,eth0 > "$O/sadf.json"

# --- let cron see two minutes ------------------------------------------------------------
while [ $((EPOCHSECONDS - CRON_T0)) -lt 125 ]; do sleep 1; done
bye $CRON; sleep 0.3; bye $SYSLOG
