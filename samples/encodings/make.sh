#!/bin/sh
# Text in the encodings that logs still come in. The text is synthesised; the encodings are iconv's.
# Needs iconv and gzip. Run it here; the files are kept in git.
set -eu
cd "$(dirname "$0")"

korean='2014-12-12 10:10:59 ERROR 결제 서버 연결이 끊어졌습니다
2014-12-12 10:11:00 INFO retry 1
2014-12-12 10:11:05 WARN 응답 시간 초과: 주문 4711
'
japanese='2014-12-12 10:10:59 ERROR データベースに接続できません
2014-12-12 10:11:05 INFO 再接続しました
'
german='2014-12-12 10:10:59 ERROR Verbindung für Benutzer müller abgelehnt
2014-12-12 10:11:05 WARN Gerät überhitzt: 81°C
'
printf %s "$korean" | iconv -t EUC-KR > pay-euckr.log
printf %s "$korean" | iconv -t CP949 | gzip -n > pay-cp949.log.gz
printf %s "$korean" | sed 's/$/\r/' | iconv -t UTF-16 > pay-utf16.log
printf %s "$korean" | iconv -t UTF-32LE > pay-utf32le.log
printf %s "$japanese" | iconv -t SHIFT_JIS > db-sjis.log
printf %s "$japanese" | iconv -t EUC-JP > db-eucjp.log
printf %s "$german" | iconv -t ISO-8859-1 > web-latin1.log
# Without a mark, as `reg export` and older tools write it.
printf %s "$german" | sed 's/$/\r/' | iconv -t UTF-16LE > web-utf16le.log
# Two programs, one file: a collector does not ask what they write.
{ printf %s "$korean" | iconv -t EUC-KR; printf '%s\n' '2014-12-12 10:12:00 INFO 주문 완료 (UTF-8)'; } > mixed.log
