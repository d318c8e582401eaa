#!/usr/bin/env bash
# Records samples/php-fpm-oom: two weeks (1..14 Dec 2014, Korea time) of a small
# web server in about five minutes. The daemons are real (nginx, php-fpm, rsyslogd,
# cron, logrotate); their wall clock is libfaketime's and is moved forward by
# rewriting one offset file while they are idle. Monotonic time stays real.
#
# Usage (root):  php-fpm-oom.sh [OUT]
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)

if [ "${1:-}" != --inside ]; then
  OUT=${1:-$HERE/../php-fpm-oom}
  W=$(mktemp -d); chmod 755 "$W"; trap 'rm -rf "$W"' EXIT
  gcc -O1 -shared -fPIC -o "$W/fork-oom.so" "$HERE/fork-oom.c" -ldl
  # Own mounts, host name and network: nothing outside is touched, port 80 is free.
  unshare -m -u -n -f "$0" --inside "$W"
  rm -rf "$OUT"; mkdir -p "$OUT/var/log" "$OUT/home/ec2-user/app"
  cp -r "$W"/log/{php-fpm,nginx} "$OUT/var/log/"
  cp "$W"/log/{messages*,cron} "$OUT/var/log/"
  cp "$W/node.log" "$OUT/home/ec2-user/app/node.log"
  cp "$W/truth" "$HERE/truth-php-fpm-oom.tsv"
  chmod -R u=rwX,go=rX "$OUT"
  exit 0
fi

# ------------------------------------------------------------------ the machine
W=$2
export TZ=Asia/Seoul
RANDOM=1214                      # same traffic every time
hostname ip-172-31-12-73
ip link set lo up
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev
mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5; mknod -m 666 /dev/full c 1 7
mknod -m 666 /dev/random c 1 8; mknod -m 666 /dev/urandom c 1 9
mkdir -p /dev/shm /run/rec/empty /run/php-fpm "$W/log/php-fpm" "$W/log/nginx"
chmod 1777 /dev/shm
mount --bind "$W/log" /var/log
mount -t tmpfs tmpfs /home; mkdir -p /home/ec2-user/bin
mount -t tmpfs tmpfs /var/www 2>/dev/null || { mkdir -p /var/www; mount -t tmpfs tmpfs /var/www; }
DOC=/var/www/miconblog.com; mkdir -p $DOC/images
cp "$W/fork-oom.so" /run/rec/
cp /etc/passwd /run/rec/passwd; echo 'ec2-user:x:500:500::/home/ec2-user:/bin/bash' >> /run/rec/passwd
cp /etc/shadow /run/rec/shadow; echo 'ec2-user:*:16000:0:99999:7:::' >> /run/rec/shadow
mount --bind /run/rec/passwd /etc/passwd; mount --bind /run/rec/shadow /etc/shadow
mount --bind /run/rec/empty /etc/cron.d
mount --bind /run/rec/empty /etc/cron.daily
[ -d /var/spool/cron/crontabs ] && mount --bind /run/rec/empty /var/spool/cron/crontabs
ln -s "$(ls /usr/sbin/php-fpm[0-9]* | head -1)" /run/rec/php-fpm    # kernel then says "php-fpm[pid]"

# ------------------------------------------------------------------ the clock
FT=$(ls /usr/lib/*/faketime/libfaketime.so.1); FTMT=${FT%.so.1}MT.so.1
FTENV=(FAKETIME_TIMESTAMP_FILE=/run/rec/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
OFF=0
ep() { date -d "$1 +0900" +%s; }
jump() { # to an epoch, never back; same length every time, so overwriting in place is safe
  [ "$1" -gt $((EPOCHSECONDS + OFF)) ] || return 0
  OFF=$(($1 - EPOCHSECONDS)); printf '%d\n' "$OFF" 1<> /run/rec/clock
}
now() { echo $((EPOCHSECONDS + OFF)); }
note() { local n; n=$(now); printf '%s\t%s\t%s\n' "$(date -d @$n +%FT%T+09:00)" "$(TZ=UTC date -d @$n +%FT%TZ)" "$1" | tee -a "$W/truth"; }
wait_until() { while [ $((EPOCHSECONDS + OFF)) -lt "$1" ]; do sleep 0.02; done; }

# ------------------------------------------------------------------ configuration
cat > /run/rec/rsyslog.conf <<'C'
module(load="imuxsock" SysSock.RateLimit.Interval="0" SysSock.UseSysTimeStamp="off" SysSock.IgnoreTimestamp="on")
module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")
global(workDirectory="/run/rec")
*.info;mail.none;authpriv.none;cron.none /var/log/messages
cron.* /var/log/cron
C
cat > /run/rec/php-fpm.conf <<'C'
[global]
pid = /run/php-fpm/php-fpm.pid
error_log = /var/log/php-fpm/error.log
log_level = notice
daemonize = no
[www]
user = www-data
group = www-data
listen = /var/run/php-fpm/php-fpm.sock
listen.owner = www-data
listen.backlog = 20
pm = dynamic
pm.max_children = 50
pm.start_servers = 11
pm.min_spare_servers = 5
pm.max_spare_servers = 12
rlimit_core = 0
php_admin_value[memory_limit] = 512M
php_admin_flag[log_errors] = on
C
cat > /run/rec/nginx.conf <<'C'
user www-data;
worker_processes 1;
pid /run/nginx.pid;
daemon off;
error_log /var/log/nginx/error.log notice;
env LD_PRELOAD; env FAKETIME_TIMESTAMP_FILE; env FAKETIME_NO_CACHE;
env FAKETIME_DONT_FAKE_MONOTONIC; env NO_FAKE_STAT;
events { worker_connections 256; }
http {
  log_format json '{"@timestamp":"$time_iso8601","remote_addr":"$remote_addr","host":"$http_host",'
    '"request":"$request","status": "$status","body_bytes_sent":"$body_bytes_sent",'
    '"request_time":"$request_time","http_referrer":"$http_referer","http_user_agent":"$http_user_agent"}';
  access_log /var/log/nginx/access.log json;
  client_body_temp_path /run/rec/b; fastcgi_temp_path /run/rec/f; proxy_temp_path /run/rec/p;
  uwsgi_temp_path /run/rec/u; scgi_temp_path /run/rec/s;
  set_real_ip_from 127.0.0.1; real_ip_header X-Rec-From;
  server {
    listen 80; server_name miconblog.com; root /var/www/miconblog.com; index index.php;
    location = /health { default_type text/plain; return 200 "health"; }
    location ~ /\.ht { deny all; }
    location / { try_files $uri $uri/ /index.php?$args; }
    location ~ \.(png|ico)$ { }
    location ~ \.php$ {
      fastcgi_pass unix:/var/run/php-fpm/php-fpm.sock;
      fastcgi_read_timeout 5s;
      fastcgi_buffers 4 8k; fastcgi_busy_buffers_size 16k;
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    }
  }
}
C
# The pages. X-Rec-* headers are the recorder's private knobs, they are not logged.
cat > $DOC/index.php <<'P'
<?php
if (isset($_SERVER['HTTP_X_REC_SLEEP'])) usleep((int)($_SERVER['HTTP_X_REC_SLEEP'] * 1e6));
if (isset($_SERVER['HTTP_X_REC_CRASH'])) { function f($x) { return array_map('f', [$x]); } f(1); } // a real stack overflow
if (isset($_GET['cat'])) $title = $category;          // undefined: an ordinary PHP warning
usleep(random_int(4000, 40000));
$n = isset($_GET['feed']) ? 3000 : 300 + crc32($_SERVER['REQUEST_URI']) % 200;
echo "<html><body>", str_repeat("<p>blog post</p>\n", $n), "</body></html>\n";
P
cp $DOC/index.php $DOC/wp-comments-post.php
cat > $DOC/wp-login.php <<'P'
<?php
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
  openlog('wordpress(miconblog.com)', LOG_PID, LOG_USER);
  syslog(LOG_NOTICE, 'Authentication failure for ' . $_POST['log'] . ' from ' . $_SERVER['REMOTE_ADDR']);
}
echo str_repeat('<form>', 200);
P
printf 'GIF89a' > $DOC/images/logo.png
printf '#!/bin/sh\nexit 0\n' | tee /home/ec2-user/bin/stamp.sh /home/ec2-user/bin/backup-db.sh > /dev/null
chmod 755 /home/ec2-user/bin/*.sh
cat > /run/rec/crontab <<'C'
SHELL=/bin/sh
1 0,16,22 * * * ec2-user /home/ec2-user/bin/backup-db.sh >/dev/null 2>&1
0 10 * * * ec2-user /home/ec2-user/bin/stamp.sh >/dev/null 2>&1
2 4 * * * root run-parts /etc/cron.daily
C
chmod 644 /run/rec/crontab; mount --bind /run/rec/crontab /etc/crontab
cat > /run/rec/logrotate.conf <<'C'
weekly
dateext
rotate 8
missingok
su root root
/var/log/php-fpm/error.log {
  create 0600 root root
  postrotate
    kill -USR1 $(cat /run/php-fpm/php-fpm.pid)
  endscript
}
/var/log/nginx/error.log {
  compress
  delaycompress
  postrotate
    kill -USR1 $(cat /run/nginx.pid)
  endscript
}
/var/log/messages {
  postrotate
    kill -HUP $(cat /run/rsyslogd.pid)
  endscript
}
C
chmod 644 /run/rec/logrotate.conf

# ------------------------------------------------------------------ daemons
SYSLOG='' FPM='' NGINX='' CRON=''
start_syslog() {
  env "${FTENV[@]}" LD_PRELOAD="$FTMT" rsyslogd -n -f /run/rec/rsyslog.conf -i /run/rsyslogd.pid & SYSLOG=$!
  for _ in $(seq 100); do [ -S /dev/log ] && break; sleep 0.05; done; sleep 0.2
}
stop_syslog() { kill "$SYSLOG"; wait "$SYSLOG" || true; rm -f /dev/log; }
start_fpm() {
  env "${FTENV[@]}" LD_PRELOAD="$FT /run/rec/fork-oom.so" /run/rec/php-fpm -n -F -y /run/rec/php-fpm.conf 2>/dev/null & FPM=$!
  for _ in $(seq 100); do [ -S /run/php-fpm/php-fpm.sock ] && break; sleep 0.05; done; sleep 0.3
}
stop_fpm() { kill "$FPM"; wait "$FPM" || true; }
start_nginx() { env "${FTENV[@]}" LD_PRELOAD="$FT" nginx -c /run/rec/nginx.conf 2>/dev/null & NGINX=$!; sleep 0.4; }
stop_nginx() { kill "$NGINX"; wait "$NGINX" || true; }
start_cron() {
  env "${FTENV[@]}" LD_PRELOAD="$FT /run/rec/fork-oom.so" cron -f -L 1 & CRON=$!
  sleep 0.3; kill -STOP "$CRON"
}
stop_cron() { kill -CONT "$CRON"; kill "$CRON"; wait "$CRON" || true; }
cron_minute() { # cron sleeps until woken by us: it then sees the clock at this very minute
  kill -CONT "$CRON"; kill -CHLD "$CRON"; sleep 0.35; kill -STOP "$CRON"
}
cleanup() {
  for p in $CRON; do kill -CONT "$p" 2>/dev/null || true; done
  for p in $NGINX $FPM $CRON $SYSLOG; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done
}
trap cleanup EXIT

# ------------------------------------------------------------------ traffic
req() { # ip host path agent [curl options]
  local ip=$1 h=$2 p=$3 a=$4; shift 4
  curl -s -o /dev/null -m 30 -A "$a" -H "X-Rec-From: $ip" -H "Host: $h" "$@" "http://127.0.0.1$p" || true
}
UAS=('Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/39.0.2171.71 Safari/537.36'
     'Mozilla/5.0 (iPhone; CPU iPhone OS 8_1 like Mac OS X) AppleWebKit/600.1.4 (KHTML, like Gecko) Version/8.0 Mobile/12B411 Safari/600.1.4'
     'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
     'Mozilla/5.0 (compatible; Yeti/1.1; +http://help.naver.com/robots/)')
PATHS=(/ '/?p=1043' '/?p=877' '/?cat=3' '/archives/2014/11' /about /images/logo.png '/?feed=rss2' '/?p=990')
page() { req "203.0.113.$((RANDOM % 200 + 2))" miconblog.com "${PATHS[RANDOM % ${#PATHS[@]}]}" "${UAS[RANDOM % ${#UAS[@]}]}" "$@"; }
login() { req "$1" miconblog.com /wp-login.php 'Mozilla/5.0 (Windows NT 5.1; rv:31.0) Gecko/20100101 Firefox/31.0' -d 'log=admin&pwd=x'; }
elb() { req 172.31.20.9 172.31.12.73 /health 'ELB-HealthChecker/1.0'; }
consul() { req 127.0.0.1 localhost /health 'Consul Health Check'; }
hog() { page -H "X-Rec-Sleep: $1"; }               # a page that keeps its child busy
crash() { req "203.0.113.$((RANDOM % 200 + 2))" miconblog.com /wp-comments-post.php "${UAS[0]}" -H 'X-Rec-Crash: 1' -d 'comment=x'; }
hogs() { # count seconds: in parallel, jobs collected in HOGS
  local i; for ((i = 0; i < $1; i++)); do RANDOM=$((RANDOM + i)); hog "$2" & HOGS+=($!); done
}
HOGS=(); join() { for p in "${HOGS[@]}"; do wait "$p" || true; done; HOGS=(); }
say() { logger -t "$1" -- "$2"; sleep 0.01; }      # synthesised words through the real rsyslogd
dhcp() { # the usual chatter of an EC2 machine
  say 'dhclient[1183]' "DHCPREQUEST on eth0 to 172.31.0.1 port 67 (xid=0x5f2c3d1a)"
  say 'dhclient[1183]' "DHCPACK from 172.31.0.1 (xid=0x5f2c3d1a)"
  say 'dhclient[1183]' "bound to 172.31.12.73 -- renewal in $((RANDOM % 400 + 1400)) seconds."
}
BOOT=$(ep '2014-12-05 10:23:25')
SEEN=$(dmesg | grep -c 'php-fpm\[.*segfault' || true)
segfaults() { # pass on the kernel's real segfault lines, with the uptime shifted to the faked boot
  local l n up
  n=$(dmesg | grep -c 'php-fpm\[.*segfault' || true)
  if [ "$n" -gt "$SEEN" ]; then
    read -r up _ < /proc/uptime
    dmesg | grep 'php-fpm\[.*segfault' | tail -n $((n - SEEN)) | while IFS= read -r l; do
      say kernel "$(awk -v l="$l" -v up="$up" -v fake="$EPOCHREALTIME" -v off="$((OFF - BOOT))" 'BEGIN {
        match(l, /[0-9]+\.[0-9]+/); t = substr(l, RSTART, RLENGTH)
        printf "[%.6f]%s", fake + off - (up - t), substr(l, index(l, "]") + 1) }')"
    done
    SEEN=$n
  fi
}
children() { pgrep -c -P "$FPM" || true; }

# ------------------------------------------------------------------ events
rotate() { env "${FTENV[@]}" LD_PRELOAD="$FT" logrotate -f -s /run/rec/logrotate.state /run/rec/logrotate.conf; sleep 0.4; }
reboot_machine() {
  jump "$(ep '2014-12-05 10:22:41')"; note 'planned reboot: daemons stop'
  stop_cron; stop_nginx; stop_fpm; stop_syslog
  jump "$(ep '2014-12-05 10:23:31')"
  start_syslog
  say kernel '[    0.000000] Initializing cgroup subsys cpuset'
  say kernel "[    0.000000] Linux version $(uname -r) (root@build) $(uname -v)"
  say kernel '[    1.204118] EXT4-fs (xvda1): mounted filesystem with ordered data mode. Opts: (null)'
  say kernel '[    4.881402] IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready'
  dhcp
  start_fpm; start_nginx; start_cron
  note 'machine is up again'
}
busy() { # a harmless rush: php-fpm warns "seems busy", spawns, and is well again
  jump "$1"; note 'harmless rush of visitors'
  hogs 16 1.8; sleep 1; hogs 10 1.8; sleep 1; hogs 8 1.8; sleep 1; hogs 8 1.8; sleep 1; hogs 8 1.8; join; sleep 2
}
failure() {
  jump "$(ep '2014-12-12 10:10:40')"; page; page; elb; page; consul
  touch /run/rec/leak
  wait_until "$(ep '2014-12-12 10:10:59')"
  note 'php-fpm master can no longer fork: fork() gives ENOMEM (kernel); visitors arrive'
  hogs 13 2.5; sleep 2; elb; hogs 12 2.5; sleep 2.4; consul; hogs 12 2.5; sleep 2.4; page & HOGS+=($!)
  join
  wait_until "$(ep '2014-12-12 10:11:10')"
  note 'first child segfaults'
  crash; segfaults; page
  hogs 11 2; sleep 3; crash; segfaults; crash; segfaults; elb; join
  for _ in 1 2 3; do hogs 9 2; sleep 2; crash; segfaults; join; done
  while [ "$(children)" -gt 2 ]; do crash; segfaults; sleep 0.7; done
  # two children are left: a rush now gives 502 (queue full) and 504 (5 s timeout)
  jump "$(ep '2014-12-12 10:13:02')"; note 'two children left; 502 and 504 from here on in every rush'
  rush
}
rush() { hogs 30 1.2; sleep 0.6; elb; hogs 6 1.2; join; consul; sleep 7; }
attack() {
  jump "$(ep '2014-12-12 18:17:24')"; note 'burst of WordPress logins from 198.46.81.14'
  for i in $(seq 45); do login 198.46.81.14; [ $((i % 5)) = 0 ] && { page; sleep 0.3; }; done
}
last_children() {
  jump "$(ep '2014-12-12 18:41:07')"; note 'the last two children segfault: every PHP page fails from here on'
  while [ "$(children)" -gt 0 ]; do crash; segfaults; sleep 0.2; done
  hogs 30 0; sleep 1; elb; join
}
repair() {
  jump "$(ep '2014-12-14 17:36:50')"; page; page; elb
  jump "$(ep '2014-12-14 17:38:05')"; note 'owner restarts php-fpm: stop'
  stop_fpm; rm -f /run/rec/leak
  page; page; sleep 1.2; page
  note 'owner restarts php-fpm: start; pages work again'
  start_fpm; page; page; elb
}

# ------------------------------------------------------------------ two weeks
D0=$(ep '2014-12-01 00:00:00')
OFF=$((D0 - EPOCHSECONDS)); printf '%d\n' "$OFF" > /run/rec/clock
start_syslog; start_fpm; start_nginx; start_cron
note 'recording starts'
END=$(ep '2014-12-14 18:00:00')
declare -A AT=()   # event by the quarter of an hour it starts in
at() { AT[$(( ($(ep "$1") - D0) / 900 ))]=$2; }
at '2014-12-03 21:15:00' "busy $(ep '2014-12-03 21:21:10')"
at '2014-12-05 10:15:00' reboot_machine
at '2014-12-09 22:00:00' "busy $(ep '2014-12-09 22:08:33')"
at '2014-12-10 23:30:00' "busy $(ep '2014-12-10 23:38:02')"
at '2014-12-12 10:00:00' failure
at '2014-12-12 11:30:00' rush
at '2014-12-12 13:15:00' rush
at '2014-12-12 18:00:00' attack          # runs until 18:17, the next quarter starts late
at '2014-12-12 18:30:00' last_children
at '2014-12-14 17:30:00' repair
for ((q = 0; D0 + q * 900 < END; q++)); do
  t=$((D0 + q * 900)); h=$((q / 4 % 24)); m=$((q % 4 * 15))
  case "$h:$m" in
    0:0|16:0|22:0) jump $((t + 61)); cron_minute ;;
    4:0) jump $((t + 121)); cron_minute
         case "$(date -d @$t +%u%d)" in 707|714) note 'logrotate'; rotate ;; esac ;;
    10:0) jump "$t"; cron_minute ;;
  esac
  jump $((t + 130 + RANDOM % 60)); elb
  [ $((q % 2)) = 0 ] && { jump $((t + 240 + RANDOM % 60)); consul; }
  [ $((q % 8)) = 3 ] && { jump $((t + 305 + RANDOM % 30)); dhcp; }
  if [ -n "${AT[$q]:-}" ]; then ${AT[$q]}; fi
  # visitors: more by day than by night
  k=$((h >= 9 && h < 24 ? RANDOM % 3 : RANDOM % 5 == 0))
  for ((i = 0; i < k; i++)); do
    u=$((t + 350 + i * 180 + RANDOM % 170)); [ "$u" -gt "$(now)" ] && jump "$u"; page
  done
  [ $((RANDOM % 11)) = 0 ] && { u=$((t + 715 + RANDOM % 150)); [ "$u" -gt "$(now)" ] && jump $u; login "198.51.100.$((RANDOM % 250 + 1))"; sleep 0.02; }
  [ $((RANDOM % 60)) = 0 ] && { u=$((t + 870)); jump $u; req 192.0.2.77 miconblog.com /favicon.ico 'Mozilla/4.0'; req 192.0.2.77 miconblog.com /.htaccess 'Mozilla/4.0'; }
  :
done
note 'recording ends'
grep -q '^.12-Dec-2014 10:10:59. ERROR: fork() failed: Cannot allocate memory (12)' /var/log/php-fpm/error.log-20141214 \
  || echo 'WARNING: the first fork() failure is not at 10:10:59, record again' >&2

# The app's own log has no stamps, so it needs no faked clock.
node --max-old-space-size=24 "$HERE/node-app.js" > "$W/node.log" 2>&1 || true
