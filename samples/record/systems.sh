#!/bin/bash
# Records short real logs of system and network daemons for samples/formats: Debian 12, as root, on a machine
# that may be thrown away; no network is needed. Packages: bind9 unbound dnsmasq-base fail2ban samba cups-daemon
# corosync rsync vsftpd curl fish runit exim4-daemon-light chrony dovecot-imapd libvirt-daemon systemd-journal-remote
#
#   samples/record/systems.sh FOLDER
#
# Daemons listen on ports 5301 and on, on 127.0.0.1. What was done with the results: samples/formats/ORIGIN.md
set -u
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1/work"
out=$(cd "$1" && pwd)
cd "$out/work" || exit 1
# named
mkdir -p named; cat > named/named.conf <<C
options { directory "$out/work/named"; listen-on port 5301 { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile "$out/work/named/s.key"; };
controls { };
logging { channel f { file "$out/named.log"; severity info; print-time yes; print-severity yes; print-category yes; }; category default { f; }; category queries { f; }; };
zone "example.com" { type primary; file "z"; };
C
printf '$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns\nns A 192.0.2.53\nwww A 192.0.2.80\n' > named/z
(timeout 6 named -f -u root -c $out/work/named/named.conf 2>named/err) & sleep 2
for n in www.example.com ns.example.com x.example.com; do python3 - $n <<'P'
import socket,sys,struct
q=b'\x12\x34\x01\0\0\1\0\0\0\0\0\0'+b''.join(bytes([len(p)])+p.encode() for p in sys.argv[1].split('.'))+b'\0\0\1\0\1'
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(1); s.sendto(q,('127.0.0.1',5301))
try: s.recv(999)
except Exception as e: print(e)
P
done
# unbound
printf 'server:\n interface: 127.0.0.1@5302\n logfile: "%s/unbound.log"\n use-syslog: no\n chroot: ""\n username: ""\n verbosity: 2\n log-queries: yes\n do-daemonize: no\n pidfile: ""\nremote-control:\n control-enable: no\n' $out > unbound.conf
timeout 4 unbound -d -c unbound.conf 2>unbound.err
# dnsmasq
timeout 3 dnsmasq -d -p 5303 --log-facility=$out/dnsmasq.log --log-queries --no-resolv --address=/x.example/192.0.2.1 --pid-file= --conf-file=/dev/null -u root 2>dnsmasq.err &
sleep 1; python3 - <<'P'
import socket
q=b'\x12\x34\x01\0\0\1\0\0\0\0\0\0\1x\7example\0\0\1\0\1'
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(1); s.sendto(q,('127.0.0.1',5303)); s.recv(999)
P
wait
# fail2ban
mkdir -p f2b; printf '%s fail from 203.0.113.66\n' "$(date '+%Y-%m-%d %H:%M:%S')" > f2b/t.log
mkdir -p f2b/conf; cp -r /etc/fail2ban/* f2b/conf/; printf '[DEFAULT]\nbanaction=dummy\n[t]\nenabled=true\nfilter=t\nlogpath=%s/work/f2b/t.log\nmaxretry=1\nbackend=polling\n' $out > f2b/conf/jail.conf; rm -f f2b/conf/jail.d/*; printf '[Definition]\nfailregex=fail from <HOST>\n' > f2b/conf/filter.d/t.conf
rm -f $out/fail2ban.log; (timeout 14 fail2ban-server -f -x -c f2b/conf -s $out/work/f2b/s -p $out/work/f2b/p --logtarget $out/fail2ban.log start >f2b/out 2>&1) & sleep 4
for i in 1 2 3; do printf '%s fail from 203.0.113.6%s\n' "$(date '+%Y-%m-%d %H:%M:%S')" $i >> f2b/t.log; done; sleep 8; kill %1 2>/dev/null; wait
# samba
mkdir -p smb; printf '[global]\n log file=%s/work/smb/log.%%m\n log level=3\n state directory=%s/work/smb\n private dir=%s/work/smb\n lock directory=%s/work/smb\n pid directory=%s/work/smb\n cache directory=%s/work/smb\n smb ports=5304\n' $out $out $out $out $out $out > smb/smb.conf
timeout 4 smbd -F --no-process-group -s smb/smb.conf -l $out/work/smb </dev/null >smb/o 2>&1; cat smb/log.smbd 2>/dev/null | head -60 > $out/samba.log
# cups
mkdir -p cups; printf 'Listen 127.0.0.1:5305\nLogLevel debug\nAccessLogLevel all\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n' > cups/cupsd.conf; cp /etc/cups/cups-files.conf cups/ 2>/dev/null; printf 'AccessLog %s/cups-access.log\nErrorLog %s/cups-error.log\nPageLog %s/cups-page.log\nServerRoot %s/work/cups\n' $out $out $out $out > cups/cups-files.conf
(timeout 5 cupsd -f -c $out/work/cups/cupsd.conf -s $out/work/cups/cups-files.conf >cups/o 2>&1) & sleep 2; python3 -c "
import urllib.request
try: urllib.request.urlopen('http://127.0.0.1:5305/',timeout=2).read()
except Exception as e: print(e)"; wait
# corosync
mkdir -p coro; printf 'totem {\n version: 2\n cluster_name: t\n transport: udpu\n}\nlogging {\n to_logfile: yes\n logfile: %s/corosync.log\n to_syslog: no\n timestamp: on\n}\nnodelist {\n node {\n ring0_addr: 127.0.0.1\n nodeid: 1\n }\n}\nquorum {\n provider: corosync_votequorum\n}\n' $out > coro/corosync.conf
timeout 6 corosync -f -c coro/corosync.conf >coro/o 2>&1
# rsync
mkdir -p rs/a; echo x > rs/a/f; rsync -a --log-file=$out/rsync.log rs/a/ rs/b/; rsync -a --log-file=$out/rsync.log rs/a/ rs/c/; rsync --log-file=$out/rsync.log rs/none rs/c/ 2>/dev/null
# vsftpd
mkdir -p /var/run/vsftpd/empty; printf 'listen=YES\nlisten_port=5306\nanonymous_enable=YES\nanon_root=%s/work/rs\nxferlog_enable=YES\ndual_log_enable=YES\nxferlog_file=%s/xferlog\nvsftpd_log_file=%s/vsftpd.log\nbackground=NO\nrun_as_launching_user=YES\nno_anon_password=YES\n' $out $out $out > vsftpd.conf
(timeout 6 vsftpd vsftpd.conf >vs.o 2>&1) & sleep 1; curl -s ftp://127.0.0.1:5306/a/f >/dev/null; curl -s ftp://127.0.0.1:5306/a/nope > /dev/null; wait
# histories of fish and bash
HOME=$out/work/fh; mkdir -p $HOME/.local/share/fish; export HOME; (sleep 1; echo 'echo one'; sleep 1; echo 'echo two'; sleep 1; echo exit) | timeout 10 script -qc 'fish -i' /dev/null >/dev/null 2>&1; cp $HOME/.local/share/fish/fish_history $out/fish_history 2>/dev/null
(sleep 1; echo 'HISTFILE='$out'/bash_history; HISTTIMEFORMAT="%F "'; sleep 1; echo 'echo two'; sleep 1; echo exit) | timeout 10 script -qc "bash --norc -i" /dev/null >/dev/null 2>&1
# svlogd
mkdir -p sv; (for i in 1 2 3 4; do echo "line $i"; sleep 0.2; done) | timeout 5 svlogd -t sv >/dev/null 2>&1; cp sv/current $out/svlogd.log
# exim: its user must be able to write the log
mkdir -p ex; chmod 777 ex
cat > ex/exim.conf <<C
spool_directory=$out/work/ex
log_file_path=$out/work/ex/%slog
primary_hostname=web1.example.com
keep_environment=
acl_smtp_rcpt=accept
begin routers
bad:
 driver=redirect
 local_parts=bad
 data=:fail: no such user
r:
 driver=accept
 transport=t
begin transports
t:
 driver=appendfile
 file=$out/work/ex/box
 user=Debian-exim
begin retry
C
for a in lee bad; do
  printf 'From: kim@example.com\nTo: x@example.com\n\nhi\n' | exim4 -C $out/work/ex/exim.conf $a@example.com
done
sleep 1; exim4 -C $out/work/ex/exim.conf -qff; cp ex/mainlog $out/exim-mainlog
# chrony
timeout 8 chronyd -x -d -u root -f <(printf 'server 127.0.0.1 port 5399 iburst\nlogdir %s\nlog tracking measurements statistics\npidfile %s/work/c.pid\nport 0\ncmdport 0\nbindcmdaddress /\n' $out $out) > $out/chronyd-stderr.log 2>&1
# dovecot
mkdir -p dov; printf 'log_path=%s/dovecot.log\nbase_dir=%s/work/dov\nstate_dir=%s/work/dov\nprotocols=imap\nssl=no\nservice imap-login {\n inet_listener imap {\n port=5307\n }\n inet_listener imaps {\n port=0\n }\n}\nmail_location=mbox:%s/work/dov/m\npassdb {\n driver=static\n args=password=x\n}\nuserdb {\n driver=static\n args=uid=0 gid=0 home=%s/work/dov\n}\n' $out $out $out $out $out > dov/d.conf
(timeout 6 dovecot -F -c dov/d.conf >dov/o 2>&1) & sleep 2; python3 -c "
import socket
s=socket.create_connection(('127.0.0.1',5307),2); print(s.recv(200)); s.send(b'a login kim y\r\n'); s.settimeout(3)
try: print(s.recv(200))
except Exception as e: print(e)
s.send(b'b logout\r\n')" >/dev/null 2>&1; wait
# libvirt
(timeout 5 libvirtd -v >lib.o 2>lib.err); cp lib.err $out/libvirtd.log

# journalctl, on a journal made of four entries
python3 - > j.export <<'P'
boot, machine, start = '0123456789abcdef' * 2, 'fedcba9876543210' * 2, 1418347859123456
entries = [('kernel', 'eth0: link is not ready'), ('sshd', 'Accepted publickey for ec2-user from 203.0.113.7 port 49320 ssh2'),
           ('php-fpm', 'NOTICE: ready to handle connections'), ('systemd', 'Started Session 4 of user root.')]
for number, (program, message) in enumerate(entries):
    of = boot if number < 3 else boot[::-1]
    print(f'__CURSOR=s={boot};i={number + 1:x};b={of};m=5;t={start + number:x};x=7')
    print(f'__REALTIME_TIMESTAMP={start + number * 1000000}\n__MONOTONIC_TIMESTAMP={12500000 + number * 1000000}')
    print(f'_BOOT_ID={of}\n_MACHINE_ID={machine}\nPRIORITY=6\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER={program}')
    print(f'_PID={4711 + number}\n_SYSTEMD_UNIT={program}.service\nMESSAGE={message}\n')
P
/lib/systemd/systemd-journal-remote -o x.journal j.export
for o in short short-precise short-iso short-iso-precise short-full short-unix with-unit verbose export json json-pretty; do
  TZ=Asia/Seoul journalctl --file x.journal -o $o > $out/journal-$o.txt
done
ls -l $out
