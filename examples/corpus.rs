//! Writes the corpus that `timeline` is measured on: `corpus SIZE DIR`, as in
//! `corpus 256MiB target/corpus`.
//!
//! Six logs of a made-up web server, each a rotation family of four files (`.3` is the oldest),
//! share SIZE equally and cover the same fourteen days, busier by day than by night. A stamp is
//! worked out from the share of the family already written, so every SIZE spans the whole time.
//! The same SIZE gives the same bytes, and each file the modification time of its last record.
//!
//! The corpus is for speed and memory, not for correctness: it has no compressed files, no stamps
//! out of order, no clocks that are wrong and no damaged lines, and the lines of one session do
//! not belong together. No client address is a real one.

#![allow(clippy::print_stderr, reason = "a program of its own: stderr is where its mistakes belong")]

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3600 * SECOND;

/// A time is a count of microseconds since 1 October 2026 in Seoul, which is this many seconds
/// after the Unix epoch. The corpus ends in November, so no further calendar is needed.
const OCTOBER: u64 = 1_790_780_400;
const DAYS: u64 = 14;
const START: u64 = 18 * 24 * HOUR;
const END: u64 = START + DAYS * 24 * HOUR;

/// How busy each hour of a day is, against the others.
const BUSY: [u16; 24] = [
    50, 40, 34, 30, 30, 34, 44, 62, 84, 104, 116, 120, 118, 122, 130, 132, 130, 124, 116, 112, 110, 104, 88,
    66,
];

/// When the incident of 27 October strikes, and how long each time. Meanwhile, half the messages
/// of a log are the last one of its table.
const INCIDENT: [u64; 3] = [START + 206 * HOUR, START + 207 * HOUR, START + 209 * HOUR];
const STRIKE: u64 = 12 * SECOND;

const MINIMUM: u64 = 64 << 10;
const FILES: u64 = 4;

/// The path of each log, what its records begin with, the hours its clock is behind Seoul and its
/// messages. The longest records come first: the logs after it make up for any excess.
const LOGS: [(&str, &str, u64, &str); 6] = [
    ("app/app.log", "{app} ", 0, APP),
    ("syslog/messages", "{syslog} ", 0, SYSLOG),
    ("auth/auth.log", "{auth} ", 0, AUTH),
    ("nginx/access.json", "{access}", 9, ACCESS),
    ("nginx/error.log", "{nginx} ", 0, NGINX),
    ("php-fpm/error.log", "{php} ", 0, PHP),
];

// In the tables below a line is a key, a space and a text. The key of a message is its weight, 0 if
// only the incident has it. An indented line continues the text above it, after a tab if indented
// by more than a space. `{1..99}` is a number in that range, as wide as its lower end, `{hex8}` is
// eight hex digits, and any other name in braces is a field of the record or a list.

/// Alternatives, of which the first ones are the likeliest.
const LISTS: &str = r#"
time {hour}:{minute}:{second}
app 2026-{month}-{day} {time}.{millis}
syslog {mon} {dom} {time} web-01
auth 2026-{month}-{day}T{time}.{micros}+09:00 web-01
access {"@timestamp":"2026-{month}-{day}T{time}+00:00","remote_addr":"
nginx 2026/{month}/{day} {time}
php [{day}-{mon}-2026 {time}]
ip 198.{18..19}.{0..255}.{1..254}|203.0.113.{1..254}|198.51.100.{1..254}
lan 10.0.{0..3}.{2..254}
port {1024..65535}
pid {300..32767}
user admin|test|ubuntu|oracle|postgres|git|minji.kim|jenkins|guest|ftpuser|hyunwoo.lee|pi
site example.com|shop.example.com|admin.example.com
unit nginx.service|php8.1-fpm.service|logrotate.service|apt-daily.service|certbot.service|man-db.service
page /|/product/{1..9999}|/category/{1..60}?page={1..40}|/cart|/search?q=%EB%85%B8%ED%8A%B8%EB%B6%81&page={1..9}|/login|/api/v1/orders/{hex8}|/wp-login.php|/event/2026-{01..12}
script /var/www/html/index.php|/var/www/html/wp-login.php|/var/www/html/wp-admin/admin-ajax.php|/var/www/html/xmlrpc.php|/var/www/html/wp-cron.php
probe /.env|/.git/config|/phpmyadmin/index.php|/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php|/cgi-bin/luci|/boaform/admin/formLogin
agent Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{128..141}.0.0.0 Safari/537.36|Mozilla/5.0 (iPhone; CPU iPhone OS 18_{0..6} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.{0..6} Mobile/15E148 Safari/604.1|Mozilla/5.0 (Linux; Android 15; SM-S{900..938}N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36|Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)|Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)|curl/8.{1..9}.0
to ","host":"172.12.1.189","request":"
status ","status": "
bytes ","body_bytes_sent":"
took ","request_time":"
from ","http_referrer":"
as ","http_user_agent":"
request client: {ip}, server: {site}, request: "GET {page} HTTP/1.1"
worker 1234#1234: *{record}|1235#1235: *{record}|1236#1236: *{record}|1237#1237: *{record}
fastcgi upstream: "fastcgi://127.0.0.1:9000", host: "{site}"
web 2817 --- [nio-8080-exec-{1..9}]|2817 --- [io-8080-exec-{10..99}]
state BACKUP|MASTER|FAULT
timer 2817 --- [   scheduling-{1..4}]
pool 2817 --- [pool-{2..4}-thread-{1..8}]
servlet at org.springframework.web.method.support.InvocableHandlerMethod.doInvoke(InvocableHandlerMethod.java:205)
    at org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1072)
    at javax.servlet.http.HttpServlet.service(HttpServlet.java:750)
    at org.apache.catalina.core.ApplicationFilterChain.internalDoFilter(ApplicationFilterChain.java:227)
    at org.springframework.security.web.FilterChainProxy$VirtualFilterChain.doFilter(FilterChainProxy.java:336)
    at org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:197)
    at org.apache.coyote.http11.Http11Processor.service(Http11Processor.java:399)
    at org.apache.tomcat.util.threads.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1191)
    at java.base/java.lang.Thread.run(Thread.java:833)
"#;

const SYSLOG: &str = r#"
1000 kernel: [{uptime}.{micros}] [UFW BLOCK] IN=eth0 OUT= MAC=0a:1b:{hex2}:{hex2}:{hex2}:{hex2}:08:00 SRC={ip} DST=172.12.1.189 LEN={40..60} TOS=0x00 PREC=0x00 TTL={40..250} ID={1..65535} PROTO=TCP SPT={port} DPT={1..65535} WINDOW=1024 RES=0x00 SYN URGP=0
500 CRON[{pid}]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)
333 sshd[{pid}]: Failed password for invalid user {user} from {ip} port {port} ssh2
250 systemd[1]: Started Session {1000..99999} of user {user}.
200 wordpress(example.com)[{pid}]: Authentication failure for {user} from {ip}
167 systemd[1]: session-{1000..99999}.scope: Succeeded.
143 Keepalived_vrrp[1102]: Sending gratuitous ARP on eth0 for 10.0.0.100
125 dhclient[871]: DHCPREQUEST for 172.12.1.189 on eth0 to 172.12.0.1 port 67 (xid=0x{hex8})
111 dhclient[871]: DHCPACK of 172.12.1.189 from 172.12.0.1 (xid=0x{hex8})
100 dhclient[871]: bound to 172.12.1.189 -- renewal in {1200..1800} seconds.
91 systemd[1]: Starting {unit}...
83 systemd[1]: Finished {unit}.
77 php-fpm[2211]: [WARNING] [pool www] child {pid} exited on signal {9..15} after {1..900}.{100000..999999} seconds from start
71 sshd[{pid}]: Connection closed by authenticating user {user} {ip} port {port} [preauth]
67 CRON[{pid}]: (www-data) CMD (/usr/bin/php /var/www/html/wp-cron.php >/dev/null 2>&1)
63 kernel: [{uptime}.{micros}] TCP: request_sock_TCP: Possible SYN flooding on port {1..65535}. Sending cookies.  Check SNMP counters.
59 systemd-logind[640]: New session {1000..99999} of user {user}.
56 wordpress(example.com)[{pid}]: Blocked user enumeration attempt from {ip}
53 rsyslogd: action 'action-{1..9}-builtin:omfwd' resumed (module 'builtin:omfwd') [v8.2112.0 try https://www.rsyslog.com/e/2359 ]
50 systemd[1]: {unit}: Succeeded.
48 Keepalived_vrrp[1102]: VRRP_Script(chk_nginx) succeeded
45 sshd[{pid}]: Received disconnect from {ip} port {port}:11: Bye Bye [preauth]
43 php-fpm[2211]: [NOTICE] [pool www] child {pid} started
42 systemd[1]: Created slice User Slice of UID {1000..1020}.
40 kernel: [{uptime}.{micros}] audit: type=1400 audit({epoch}.{100..999}:{1000..99999}): apparmor="DENIED" operation="open" profile="/usr/sbin/mysqld" name="/proc/{pid}/status" pid={pid} comm="mysqld" requested_mask="r" denied_mask="r" fsuid=113 ouid=113
38 CRON[{pid}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)
37 wordpress(example.com)[{pid}]: Accepted password for {user} from {ip}
36 sshd[{pid}]: error: kex_exchange_identification: Connection closed by remote host
34 Keepalived_vrrp[1102]: (VI_1) Sending/queueing gratuitous ARPs on eth0 for 10.0.0.100
33 systemd[{pid}]: Reached target Basic System.
32 systemd[{pid}]: Startup finished in {40..400}ms.
31 kernel: [{uptime}.{micros}] nf_conntrack: nf_conntrack: table full, dropping packet
30 rsyslogd: imuxsock[pid {pid}]: begin to drop messages due to rate-limiting
29 rsyslogd: imuxsock lost {1..9999} messages from pid {pid} due to rate-limiting
29 sshd[{pid}]: Unable to negotiate with {ip} port {port}: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1 [preauth]
28 systemd[1]: user@{1000..1020}.service: Consumed {1..59}.{100..999}s CPU time.
27 wordpress(example.com)[{pid}]: XML-RPC authentication attempt for unknown user {user} from {ip}
26 kernel: [{uptime}.{micros}] eth0: renamed from veth{hex7}
26 kernel: [{uptime}.{micros}] br-{hex12}: port {1..9}(veth{hex7}) entered forwarding state
25 kernel: [{uptime}.{micros}] device veth{hex7} left promiscuous mode
24 dhclient[871]: DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval {3..20} (xid=0x{hex8})
24 systemd-networkd[598]: veth{hex7}: Gained IPv6LL
23 php-fpm[2211]: [WARNING] [pool www] server reached pm.max_children setting ({50..80}), consider raising it
23 sshd[{pid}]: fatal: Timeout before authentication for {ip} port {port}
22 systemd[1]: logrotate.service: Main process exited, code=exited, status={1..9}/FAILURE
21 kernel: [{uptime}.{micros}] php-fpm[{pid}]: segfault at {hex12} ip 0000{hex12} sp 00007ff{hex9} error {4..7} in opcache.so[{hex12}+a1000]
21 CRON[{pid}]: (deploy) CMD (/opt/backup/bin/backup.sh --target s3://backup-{hex6}/web-01 --keep {7..30} > /var/log/backup.log 2>&1)
20 Keepalived_vrrp[1102]: Script `chk_nginx` now returning {1..2}
20 Keepalived_vrrp[1102]: (VI_1) Received advert from 10.0.0.12 with lower priority {50..100}, ours 101, forcing new election
20 systemd-resolved[612]: Server returned error NXDOMAIN, mitigating potential DNS violation DVE-2018-0001, retrying transaction with reduced feature level UDP.
19 systemd-timesyncd[604]: Timed out waiting for reply from {ip}:123 (ntp.ubuntu.com).
19 rsyslogd: [origin software="rsyslogd" swVersion="8.2112.0" x-pid="{pid}" x-info="https://www.rsyslog.com"] rsyslogd was HUPed
19 wordpress(example.com)[{pid}]: WordPress database error Lock wait timeout exceeded; try restarting transaction for query UPDATE `wp_options` SET `option_value` = '{1000..99999}' WHERE `option_name` = 'cron'
18 sudo:   deploy : TTY=pts/{0..9} ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl restart {unit}
18 kernel: [{uptime}.{micros}] EXT4-fs (nvme{0..3}n1p1): mounted filesystem with ordered data mode. Opts: (null). Quota mode: none.
18 kernel: [{uptime}.{micros}] blk_update_request: I/O error, dev nvme{0..3}n1, sector {100000..99999999} op 0x0:(READ) flags 0x80700 phys_seg {1..16} prio class 0
17 Keepalived_vrrp[1102]: (VI_1) Entering {state} STATE
17 php-fpm[2211]: [ERROR] unable to read what child say: Bad file descriptor ({9..11})
16 kernel: [{uptime}.{micros}] php-fpm invoked oom-killer: gfp_mask=0x1100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
16 rsyslogd: cannot connect to {lan}:514: Connection refused [v8.2112.0 try https://www.rsyslog.com/e/2027 ]
16 kernel: [{uptime}.{micros}] Out of memory: Killed process {pid} (php-fpm) total-vm:{200000..900000}kB, anon-rss:{50000..300000}kB, file-rss:{0..9000}kB, shmem-rss:0kB, UID:33 pgtables:{300..900}kB oom_score_adj:0
"#;

const AUTH: &str = r#"
1000 sshd[{pid}]: Failed password for invalid user {user} from {ip} port {port} ssh2
500 sshd[{pid}]: Invalid user {user} from {ip} port {port}
333 sshd[{pid}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}  user=root
250 sshd[{pid}]: Failed password for root from {ip} port {port} ssh2
200 sshd[{pid}]: Connection closed by invalid user {user} {ip} port {port} [preauth]
167 CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)
143 CRON[{pid}]: pam_unix(cron:session): session closed for user root
125 sshd[{pid}]: Received disconnect from {ip} port {port}:11: Bye Bye [preauth]
111 sshd[{pid}]: Disconnected from authenticating user root {ip} port {port} [preauth]
100 sshd[{pid}]: Accepted publickey for deploy from {lan} port {port} ssh2: ED25519 SHA256:q{hex20}Zk{hex20}
91 sshd[{pid}]: pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)
77 systemd-logind[640]: Removed session {1000..99999}.
71 sudo:   deploy : TTY=pts/{0..9} ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl reload {unit}
56 sshd[{pid}]: banner exchange: Connection from {ip} port {port}: invalid format
53 sshd[{pid}]: message repeated {2..9} times: [ Failed password for root from {ip} port {port} ssh2]
5 su: pam_unix(su-l:auth): authentication failure; logname={user} uid=1001 euid=0 tty=/dev/pts/{0..9} ruser=deploy rhost=  user=root
2 useradd[{pid}]: new user: name={user}, UID={1001..1020}, GID={1001..1020}, home=/home/{user}, shell=/bin/bash, from=/dev/pts/{0..9}
2 sshd[{pid}]: pam_systemd(sshd:session): Failed to create session: Connection timed out
"#;

const ACCESS: &str = r#"
1000 {lan}{to}GET /health HTTP/1.1{status}200{bytes}6{took}0.{000..003}{from}{as}ELB-HealthChecker/2.0"}
900 {ip}{to}GET {page} HTTP/1.1{status}200{bytes}{1000..99999}{took}0.{010..900}{from}https://{site}{page}{as}{agent}"}
500 {ip}{to}GET /static/js/app.{hex8}.js HTTP/2.0{status}200{bytes}{1000..400000}{took}0.{000..040}{from}https://{site}/{as}{agent}"}
250 {ip}{to}GET {page} HTTP/1.1{status}304{bytes}0{took}0.{001..090}{from}https://{site}/{as}{agent}"}
200 {ip}{to}POST /api/v1/cart/items HTTP/1.1{status}201{bytes}{80..400}{took}0.{010..400}{from}https://{site}/cart{as}{agent}"}
167 {ip}{to}GET {page} HTTP/1.1{status}301{bytes}162{took}0.000{from}{as}{agent}"}
143 {ip}{to}POST /wp-login.php HTTP/1.1{status}403{bytes}548{took}0.{001..090}{from}{as}{agent}"}
125 {ip}{to}GET {probe} HTTP/1.1{status}404{bytes}{146..560}{took}0.{000..020}{from}{as}{agent}"}
100 {ip}{to}POST /api/v1/orders HTTP/1.1{status}200{bytes}{300..900}{took}{0..3}.{010..999}{from}https://{site}/cart{as}{agent}"}
60 {ip}{to}GET {page} HTTP/1.1{status}499{bytes}0{took}{3..59}.{000..999}{from}https://{site}/{as}{agent}"}
40 {ip}{to}GET {page} HTTP/1.1{status}502{bytes}552{took}0.{000..999}{from}https://{site}/{as}{agent}"}
15 {ip}{to}\u0016\u0003\u0001\u0002\u0000\u0001{status}400{bytes}150{took}0.{000..200}{from}{as}"}
5 {ip}{to}POST /api/v1/orders HTTP/1.1{status}500{bytes}{100..900}{took}{0..9}.{010..999}{from}https://{site}/cart{as}{agent}"}
25 {ip}{to}GET {page} HTTP/1.1{status}504{bytes}562{took}60.{000..099}{from}https://{site}/{as}{agent}"}
"#;

const NGINX: &str = r#"
1000 [error] {worker} connect() failed (111: Connection refused) while connecting to upstream, {request}, {fastcgi}
500 [error] {worker} open() "/var/www/html{probe}" failed (2: No such file or directory), {request}, host: "{site}"
333 [error] {worker} access forbidden by rule, {request}, host: "{site}"
250 [warn] {worker} an upstream response is buffered to a temporary file /var/cache/nginx/fastcgi_temp/{0..9}/{00..99}/{0000000000..0000099999} while reading upstream, {request}, {fastcgi}
200 [error] {worker} upstream timed out (110: Connection timed out) while reading response header from upstream, {request}, {fastcgi}
167 [error] {worker} limiting requests, excess: {10..40}.{000..999} by zone "login", {request}, host: "{site}"
143 [error] {worker} FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined array key "{hex6}" in {script} on line {1..900}" while reading response header from upstream, {request}, {fastcgi}
125 [info] {worker} client {ip} closed keepalive connection
111 [crit] {worker} SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: {ip}, server: 0.0.0.0:443
100 [error] {worker} recv() failed (104: Connection reset by peer) while reading response header from upstream, {request}, {fastcgi}
83 [error] {worker} directory index of "/var/www/html/wp-content/uploads/" is forbidden, {request}, host: "{site}"
71 [error] {worker} client intended to send too large body: {10485760..99999999} bytes, {request}, host: "{site}"
20 [notice] 1229#1229: worker process {pid} exited with code 0
10 [alert] 1229#1229: worker process {pid} exited on signal {9..11}
2 [emerg] {pid}#{pid}: bind() to 0.0.0.0:{80..443} failed (98: Address already in use)
5 [alert] {worker} {512..4096} worker_connections are not enough
"#;

const PHP: &str = r#"
1000 NOTICE: [pool www] child {pid} started
800 NOTICE: [pool www] child {pid} exited with code 0 after {10..900}.{100000..999999} seconds from start
333 WARNING: [pool www] child {pid} exited on signal 11 (SIGSEGV - core dumped) after {1..900}.{100000..999999} seconds from start
250 WARNING: [pool www] child {pid}, script '{script}' (request: "GET {page}") executing too slow ({5..29}.{000000..999999} sec), logging
200 WARNING: [pool www] seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers), spawning {8..32} children, there are {0..9} idle, and {20..50} total children
167 WARNING: [pool www] child {pid} said into stderr: "NOTICE: PHP message: PHP Warning:  Undefined variable $total in {script} on line {1..900}"
143 NOTICE: child {pid} stopped for tracing
111 NOTICE: finished trace of {pid}
100 WARNING: [pool www] server reached pm.max_children setting ({50..80}), consider raising it
91 WARNING: [pool www] child {pid} said into stderr: "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate {20480..9999999} bytes) in {script} on line {1..900}"
83 WARNING: [pool www] child {pid}, script '{script}' (request: "POST {page}") execution timed out ({30..90}.{000000..999999} sec), terminating
40 WARNING: [pool www] child {pid} exited on signal 15 (SIGTERM) after {30..90}.{100000..999999} seconds from start
10 ERROR: failed to ptrace(ATTACH) child {pid}: Operation not permitted (1)
4 NOTICE: Reloading in progress ...
0 ERROR: fork() failed: Cannot allocate memory (12)
"#;

const APP: &str = r#"
1000  INFO {web} c.e.order.OrderController     : POST /api/v1/orders {200..201} {10..900}ms user={1000..99999}
500  INFO {web} c.e.order.OrderService        : 주문이 생성되었습니다. 주문번호={hex12}, 금액={1000..990000}원
333 DEBUG {web} c.e.product.ProductRepository : Hibernate: select p.id, p.name, p.price from product p where p.id={1..9999}
250  INFO {web} c.e.auth.LoginService         : 로그인 성공: 사용자={user}, IP={ip}
200  INFO {pool} c.e.payment.PaymentClient     : Approved payment {hex12} in {80..2000} ms
167  WARN {web} c.e.auth.LoginService         : 로그인 실패 ({1..5}회): 사용자={user}, IP={ip}
143  INFO {timer} c.e.batch.StockSyncJob        : 재고 동기화 완료: {1..5000}건, {100..9000}ms
125 DEBUG {web} c.e.cache.ProductCache        : Cache miss for key product:{1..9999}
111  WARN {pool} c.e.payment.PaymentClient     : 결제 승인이 지연되고 있습니다: {3000..29000}ms, 주문번호={hex12}
100  INFO {timer} c.e.batch.CouponExpireJob     : Expired {0..900} coupons older than {7..30} days
91  WARN {pool} com.zaxxer.hikari.pool.Pool   : HikariPool-1 - Thread starvation or clock leap detected (housekeeper delta={31..59}s{100..999}ms).
83  INFO {web} c.e.delivery.DeliveryService  : 배송 상태 변경: 송장={100000000000..999999999999}, 상태=배송중
77 ERROR {pool} c.e.payment.PaymentClient     : 결제 승인 실패: 주문번호={hex12}, 사유=한도 초과
71  WARN {web} c.e.common.ApiErrorHandler    : Resolved [MethodArgumentNotValidException: field 'quantity' rejected value [{100..9999}]]
67 ERROR {timer} c.e.batch.StockSyncJob        : Could not reach http://{lan}:8081/stock: Read timed out
33 ERROR {web} c.e.admin.SessionController   : Redis command timed out
 org.springframework.dao.QueryTimeoutException: Redis command timed out
  at org.springframework.data.redis.connection.lettuce.LettuceExceptionConverter.convert(LettuceExceptionConverter.java:68)
  at org.springframework.data.redis.core.RedisTemplate.execute(RedisTemplate.java:224)
  at com.example.admin.SessionController.list(SessionController.java:{40..90})
  {servlet}
 Caused by: io.lettuce.core.RedisCommandTimeoutException: Command timed out after {1..9} second(s)
  at io.lettuce.core.internal.ExceptionFactory.createTimeoutException(ExceptionFactory.java:59)
  ... {20..60} common frames omitted
20 ERROR {web} c.e.order.OrderService        : 주문 처리 중 오류가 발생했습니다. 주문번호={hex12}
 org.springframework.dao.CannotAcquireLockException: could not execute statement; SQL [n/a]
  at org.springframework.orm.jpa.vendor.HibernateJpaDialect.convertHibernateAccessException(HibernateJpaDialect.java:287)
  at com.example.order.OrderService$$EnhancerBySpringCGLIB$${hex8}.place(<generated>)
  {servlet}
 Caused by: com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Deadlock found when trying to get lock; try restarting transaction
  at com.mysql.cj.jdbc.exceptions.SQLError.createSQLException(SQLError.java:123)
  ... {20..60} common frames omitted
13 ERROR {web} c.e.common.ApiErrorHandler    : Unhandled exception for GET {page}
 java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached
  at java.base/java.lang.Thread.start0(Native Method)
  at com.example.product.ProductService.available(ProductService.java:{100..400})
  {servlet}
"#;

type Template = Vec<Part>;

enum Part {
    Text(String),
    /// The least, the greatest and the width.
    Number(u64, u64, usize),
    Hex(u64),
    OneOf(Vec<Template>),
    Field(Field),
}

type Field = fn(&Values, &mut Vec<u8>);

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("corpus: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[OsString]) -> Result<(), String> {
    let [size, dir] = arguments else {
        return Err("give a size and a directory, as in `corpus 256MiB target/corpus`".into());
    };
    let mut left = size.to_str().and_then(parse_size).ok_or_else(|| {
        let given = size.display();
        format!("SIZE is a whole number of KiB, MiB or GiB from 64KiB up, not `{given}`")
    })?;
    let dir = Path::new(dir);
    let failed = |error| format!("cannot write to `{}`: {error}", dir.display());
    fs::create_dir_all(dir).map_err(failed)?;
    if fs::read_dir(dir).map_err(failed)?.next().is_some() {
        return Err(format!("DIR must be new or empty, and `{}` is not", dir.display()));
    }
    for (logs_left, (path, stamp, behind, messages)) in (1..=LOGS.len() as u64).rev().zip(LOGS) {
        let mut family = Family::new(stamp, behind * HOUR, messages, logs_left);
        let written = family.write(&dir.join(path), left / logs_left);
        left = left.saturating_sub(written.map_err(failed)?);
    }
    Ok(())
}

fn parse_size(text: &str) -> Option<u64> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let (count, unit) = units.iter().find_map(|(u, n)| Some((text.strip_suffix(u)?, n)))?;
    count.parse::<u64>().ok()?.checked_mul(*unit).filter(|size| *size >= MINIMUM)
}

/// Splits a table into its keys and texts.
fn entries(table: &str) -> Vec<(&str, String)> {
    let mut entries: Vec<(&str, String)> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty()) {
        if let Some(more) = line.strip_prefix(' ') {
            let (_, text) = entries.last_mut().expect("a table begins with a key");
            text.push_str(if more.starts_with(' ') { "\n\t" } else { "\n" });
            text.push_str(more.trim_start());
        } else {
            let (key, text) = line.split_once(' ').expect("a key is followed by a space");
            entries.push((key, text.to_owned()));
        }
    }
    entries
}

/// Braces that hold no name are text, as those of JSON are.
fn parse(text: &str, lists: &[(&str, String)]) -> Template {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    let mut pieces = text.split('{');
    let mut parts = vec![Part::Text(pieces.next().unwrap_or_default().to_owned())];
    for piece in pieces {
        match piece.split_once('}') {
            Some((name, rest)) if is_name(name) => {
                parts.push(parse_name(name, lists));
                parts.push(Part::Text(rest.to_owned()));
            }
            _ => parts.push(Part::Text(format!("{{{piece}"))),
        }
    }
    parts
}

fn parse_name(name: &str, lists: &[(&str, String)]) -> Part {
    let number = |digits: &str| digits.parse().expect("a range is one of numbers");
    if let Some((from, to)) = name.split_once("..") {
        Part::Number(number(from), number(to), from.len())
    } else if let Some(digits) = name.strip_prefix("hex") {
        Part::Hex(number(digits))
    } else if let Some((_, texts)) = lists.iter().find(|(key, _)| *key == name) {
        Part::OneOf(texts.split('|').map(|text| parse(text, lists)).collect())
    } else {
        Part::Field(field(name))
    }
}

fn field(name: &str) -> Field {
    match name {
        "record" => |values, out| push_number(out, values.record, 1, b'0'),
        "uptime" => |values, out| push_number(out, values.now / SECOND + 5_000_000, 5, b' '),
        "epoch" => |values, out| push_number(out, values.now / SECOND + OCTOBER, 1, b'0'),
        "month" => |values, out| push_number(out, values.date().0, 2, b'0'),
        "mon" => |values, out| out.extend([b"Oct", b"Nov"][values.date().0 as usize - 10]),
        "day" => |values, out| push_number(out, values.date().1, 2, b'0'),
        "dom" => |values, out| push_number(out, values.date().1, 2, b' '),
        "hour" => |values, out| push_number(out, values.clock() / HOUR % 24, 2, b'0'),
        "minute" => |values, out| push_number(out, values.now / SECOND / 60 % 60, 2, b'0'),
        "second" => |values, out| push_number(out, values.now / SECOND % 60, 2, b'0'),
        "millis" => |values, out| push_number(out, values.now / 1000 % 1000, 3, b'0'),
        "micros" => |values, out| push_number(out, values.now % SECOND, 6, b'0'),
        _ => panic!("no field or list is called `{name}`"),
    }
}

/// The writer of one log's files.
struct Family {
    /// Each with the sum of the weights up to its own.
    records: Vec<(u64, Template)>,
    values: Values,
}

impl Family {
    fn new(stamp: &str, behind: u64, messages: &str, seed: u64) -> Self {
        let lists = entries(LISTS);
        let (mut records, mut sum) = (Vec::new(), 0);
        for (weight, text) in entries(messages) {
            sum += weight.parse::<u64>().expect("a weight is a number");
            records.push((sum, parse(&format!("{stamp}{text}"), &lists)));
        }
        let values = Values { random: seed, now: START, behind, record: 0 };
        Self { records, values }
    }

    /// Writes about `size` bytes, and says how many.
    fn write(&mut self, live: &Path, size: u64) -> io::Result<u64> {
        live.parent().map_or(Ok(()), fs::create_dir_all)?;
        let (mut written, mut record) = (0, Vec::new());
        for number in (0..FILES).rev() {
            let rotated = live.with_added_extension(number.to_string());
            let path = if number == 0 { live } else { &rotated };
            let mut file = BufWriter::with_capacity(1 << 20, File::create_new(path)?);
            while written < size * (FILES - number) / FILES {
                record.clear();
                self.record(written as f64 / size as f64, &mut record);
                file.write_all(&record)?;
                written += record.len() as u64;
            }
            let since_epoch = Duration::from_secs(OCTOBER) + Duration::from_micros(self.values.now);
            file.into_inner()?.set_modified(SystemTime::UNIX_EPOCH + since_epoch)?;
        }
        Ok(written)
    }

    fn record(&mut self, share: f64, out: &mut Vec<u8>) {
        let Self { records, values } = self;
        let last = records.len() - 1;
        values.advance(share);
        let mut drawn = values.below(records[last].0);
        let struck = |from: &u64| (*from..from + STRIKE).contains(&values.now);
        if INCIDENT.iter().any(struck) && values.below(2) == 0 {
            drawn = u64::MAX;
        }
        let index = records.partition_point(|(sum, _)| *sum <= drawn).min(last);
        values.render(&records[index].1, out);
        out.push(b'\n');
    }
}

/// What the fields of a record are made from.
struct Values {
    random: u64,
    now: u64,
    behind: u64,
    record: u64,
}

impl Values {
    /// Moves on to the next record. One in three follows its predecessor within milliseconds, and
    /// the others are due when their share of the bytes is.
    fn advance(&mut self, share: f64) {
        let next = if self.below(3) == 0 { self.now + self.below(4000) } else { moment(share) };
        self.now = next.clamp(self.now, END - 1);
        self.record += 1;
    }

    fn clock(&self) -> u64 {
        self.now - self.behind
    }

    /// The month and its day, where the 32nd of October is the first of November.
    fn date(&self) -> (u64, u64) {
        let day = self.clock() / (24 * HOUR) + 1;
        if day > 31 { (11, day - 31) } else { (10, day) }
    }

    /// A number from 0 up to, but not including, `limit`, by splitmix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * u128::from(limit)) >> 64) as u64
    }

    fn render(&mut self, template: &[Part], out: &mut Vec<u8>) {
        for part in template {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Number(from, to, width) => {
                    push_number(out, from + self.below(to - from + 1), *width, b'0');
                }
                Part::Hex(digits) => {
                    out.extend((0..*digits).map(|_| b"0123456789abcdef"[self.below(16) as usize]))
                }
                Part::OneOf(templates) => {
                    // The lower of two draws favours the front of the list.
                    let count = templates.len() as u64;
                    let index = self.below(count).min(self.below(count));
                    self.render(&templates[index as usize], out);
                }
                Part::Field(field) => field(self, out),
            }
        }
    }
}

/// When a family has this share of its bytes.
fn moment(share: f64) -> u64 {
    let busy = BUSY.map(f64::from);
    let day = (share * DAYS as f64).floor();
    let mut rest = (share * DAYS as f64 - day) * busy.iter().sum::<f64>();
    let mut hour = 0;
    while hour < 23 && rest >= busy[hour] {
        rest -= busy[hour];
        hour += 1;
    }
    START + ((day * 24.0 + hour as f64 + rest / busy[hour]) * HOUR as f64) as u64
}

fn push_number(out: &mut Vec<u8>, mut number: u64, width: usize, fill: u8) {
    let mut digits = [fill; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first.min(20 - width)..]);
}
