#!/usr/bin/env bash
# Records samples/services: short logs of applications and services, written by the real ones on loopback.
# Real time; TZ=Asia/Seoul unless said otherwise. Takes about two minutes.
#
# Needs the packages postgresql mariadb-server etcd-server prometheus influxdb gunicorn uwsgi
# uwsgi-plugin-python3 supervisor squid haproxy rabbitmq-server ruby golang-go python3 curl, their services
# stopped. What is not installed is left out.
#
# Usage (root):  services.sh OUT
set -uo pipefail
OUT=${1:?where to}
W=$(mktemp -d); R=$W/rec; mkdir "$R"; chmod 777 "$W" "$R"; trap 'rm -rf "$W"' EXIT
export TZ=Asia/Seoul LC_ALL=C
cd "$W" || exit 1

# PostgreSQL: one run for each log_line_prefix
PG=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
mkdir pg; chown postgres pg
as() { su "$1" -s /bin/bash -c "$2"; }
as postgres "$PG/initdb -D $W/pg" >/dev/null
postgres() { # name, prefix, zone, destination
  as postgres "$PG/pg_ctl -D $W/pg -w -o \"-p 25432 -k $W -c log_line_prefix='$2' -c log_timezone=$3 \
    -c logging_collector=on -c log_directory=$R -c log_filename=$1.log -c log_destination=$4 \
    -c log_min_duration_statement=0 -c log_connections=on -c log_file_mode=0644\" start
    psql -h $W -p 25432 -d postgres -c 'select 1' -c 'select * from x' -c 'select
 nope'
    $PG/pg_ctl -D $W/pg -m fast stop" >/dev/null 2>&1
}
chmod 777 "$W"
postgres postgresql-m '%m [%p] ' Asia/Seoul stderr
postgres postgresql-mud-est '%m [%p] %q%u@%d ' America/New_York stderr
postgres postgresql-t-aedt '%t:%r:%u@%d:[%p]:' Australia/Sydney stderr
postgres postgresql-debian '%t [%p-%l] %q%u@%d ' UTC stderr
postgres postgresql-pgbadger-cet '%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ' Europe/Berlin stderr
postgres postgresql-epoch '%n [%p] ' UTC stderr
postgres postgresql '%m [%p] ' Asia/Seoul csvlog,jsonlog
rm -f "$R/postgresql.log"

# MariaDB: error, slow and general log of one run
mkdir maria; chown mysql maria
mariadb-install-db --user=mysql --datadir="$W/maria" --auth-root-authentication-method=normal >/dev/null 2>&1
timeout 20 mariadbd --no-defaults --user=mysql --datadir="$W/maria" --socket="$W/maria/s.sock" --port=23306 \
  --log-error="$R/mariadb-error.log" --slow-query-log --slow-query-log-file="$R/mariadb-slow.log" \
  --long-query-time=0.2 --general-log --general-log-file="$R/mariadb-general.log" --log-output=FILE &
sleep 8
for query in 'select sleep(0.3)' 'select sleep(0.3); select sleep(0.21)' 'select sleep(1.1)'; do
  mariadb -uroot -S "$W/maria/s.sock" -e "$query" mysql >/dev/null
done
mariadb-admin -uroot -S "$W/maria/s.sock" shutdown; wait

# etcd, Prometheus, InfluxDB
here() { echo "http://127.0.0.1:$1"; }
timeout 6 etcd --data-dir "$W/etcd" --listen-client-urls "$(here 23790)" --advertise-client-urls "$(here 23790)" \
  --listen-peer-urls "$(here 23800)" --initial-advertise-peer-urls "$(here 23800)" \
  --initial-cluster "default=$(here 23800)" >"$R/etcd.log" 2>&1
printf 'global:\n  scrape_interval: 15s\n' >prometheus.yml
timeout 6 prometheus --config.file=prometheus.yml --storage.tsdb.path="$W/prometheus" \
  --web.listen-address=127.0.0.1:29090 >"$R/prometheus.log" 2>&1
cat >influx.conf <<C
bind-address = "127.0.0.1:28088"
[meta]
dir = "$W/influx/meta"
[data]
dir = "$W/influx/data"
wal-dir = "$W/influx/wal"
[http]
bind-address = "127.0.0.1:28086"
C
timeout 6 influxd -config influx.conf >"$R/influxdb.log" 2>&1 &
sleep 3; curl -s "$(here 28086)/query?q=show+databases" >/dev/null; wait

# One web application, by two servers and behind a proxy
cat >app.py <<'C'
def app(environ, start):
    if environ['PATH_INFO'] == '/x':
        raise ValueError('boom')
    start('200 OK', [])
    return [b'hi']
C
gunicorn() { timeout "$1" /usr/bin/python3 -m gunicorn -b 127.0.0.1:28000 "${@:2}" app:app; }
gunicorn 6 --access-logfile "$R/gunicorn-access.log" --error-logfile "$R/gunicorn.log" &
sleep 3; curl -s "$(here 28000)/" "$(here 28000)/x" >/dev/null; wait
timeout -s INT 6 uwsgi --plugin python3 --http-socket 127.0.0.1:28001 --wsgi-file app.py --callable app >"$R/uwsgi.log" 2>&1 &
sleep 3; curl -s "$(here 28001)/" "$(here 28001)/x" >/dev/null; wait
cat >haproxy.cfg <<'C'
global
  log stdout format rfc3164 daemon
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 2s
  timeout server 2s
frontend http-in
  bind 127.0.0.1:28002
  default_backend static
backend static
  server srv1 127.0.0.1:28000
frontend tcp-in
  mode tcp
  option tcplog
  bind 127.0.0.1:28003
  default_backend tcpb
backend tcpb
  mode tcp
  server srv2 127.0.0.1:1
C
gunicorn 7 >/dev/null 2>&1 &
timeout 7 haproxy -db -f haproxy.cfg >"$R/haproxy.log" 2>&1 &
sleep 3; curl -s "$(here 28002)/" "$(here 28003)/" >/dev/null; wait
cat >squid.conf <<C
http_port 127.0.0.1:23128
access_log $R/squid-access.log
cache_log $R/squid-cache.log
pid_filename $W/squid.pid
coredump_dir $W
http_access allow all
shutdown_lifetime 1 seconds
C
timeout 8 squid -N -f squid.conf &
sleep 4; for port in 28000 1; do curl -s -x 127.0.0.1:23128 "$(here $port)/" >/dev/null; done; wait

cat >supervisord.conf <<C
[supervisord]
nodaemon=true
logfile=$R/supervisord.log
pidfile=$W/supervisord.pid
[program:bad]
command=/bin/false
startretries=1
C
timeout 8 /usr/bin/supervisord -c supervisord.conf >/dev/null 2>&1
as rabbitmq "TZ=$TZ RABBITMQ_LOG_BASE=$R RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_NODE_PORT=25673 \
  timeout 25 rabbitmq-server" >/dev/null 2>&1
sleep 3
mv "$R/rabbit@localhost.log" "$R/rabbitmq.log"; rm -f "$R/rabbit@localhost_upgrade.log"

# Languages' own loggers
/usr/bin/ruby -e 'require "logger"; l = Logger.new(ARGV[0]); l.info("started"); l.error("boom"); l.progname = "shop"; l.fatal("x")' "$R/ruby-logger.log"
mkdir go; cat >go/main.go <<'C'
package main

import (
	"io"
	"log"
	"os"
)

func to(name string) io.Writer { f, _ := os.Create(os.Args[1] + "/" + name); return f }

func main() {
	l := log.New(to("go.log"), "", log.LstdFlags)
	l.Println("listening on :8080")
	l.Println("http: TLS handshake error from 203.0.113.7:51234: EOF")
	l = log.New(to("go-micros.log"), "", log.LstdFlags|log.Lmicroseconds|log.Lshortfile)
	l.Println("listening on :8080")
	l.Printf("accept tcp: too many open files")
	l = log.New(to("go-prefix.log"), "app: ", log.LstdFlags)
	l.Println("listening")
	l.Println("shutting down")
}
C
HOME=$W go run go/main.go "$R"
python() { /usr/bin/python3 -c "
import logging
$1
l = logging.getLogger('shop.cart')
l.info('started'); l.warning('slow')
try: 1 / 0
except Exception: l.exception('boom')" 2>"$R/$2"; }
python "logging.basicConfig(level=10, format='%(asctime)s - %(name)s - %(levelname)s - %(message)s')" python.log
python "logging.basicConfig(level=10, format='%(asctime)s:%(levelname)s:%(name)s:%(message)s')" python-colons.log
python "logging.warning('no handler yet')" python-undated.log

# Short, and nothing of the recording machine: its kernel, its names, its resolver, its paths.
mkdir -p "$OUT"
for file in "$R"/*; do
  grep -avE "$(uname -r)|nodename|cookie hash|Adding nameserver|build_context|(vm|$(hostname)) " "$file" |
    sed "s#$W#/srv#g; 41,\$d" >"$OUT/$(basename "$file")"
done
