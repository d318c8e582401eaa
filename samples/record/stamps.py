#!/usr/bin/env python3
"""How many stamps of public collections are read exactly right, undated or wrong.

Usage: stamps.py BIN FILE...   A stamp is what one of the patterns below finds at a line's beginning, read without any
help of the program; stamps without a zone are taken as UTC, those without a year for any year.
"""
import sys,re,json,subprocess
from datetime import datetime,timezone
M={m:i+1 for i,m in enumerate('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split())}
def dt(y,mo,d,h,mi,s,us=0): return (int(y) if y else None,int(mo),int(d),int(h),int(mi),int(s),us)
P=[ # each: regex at the line's start region, parts
 ('apache',re.compile(r'^\[\w{3} (\w{3}) (\d+) (\d+):(\d+):(\d+) (\d{4})\]'),lambda g:dt(g[5],M[g[0]],*g[1:5])),
 ('bgl',re.compile(r'^\S+ (\d{10}) \d{4}\.'),lambda g:(lambda t:dt(t.year,t.month,t.day,t.hour,t.minute,t.second))(datetime.fromtimestamp(int(g[0]),timezone.utc))),
 ('hdfs',re.compile(r'^(\d\d)(\d\d)(\d\d) (\d\d)(\d\d)(\d\d) '),lambda g:dt('20'+g[0],*g[1:6])),
 ('hpc',re.compile(r'^\d+ \S+ \S+ \S+ (\d{10}) '),lambda g:(lambda t:dt(t.year,t.month,t.day,t.hour,t.minute,t.second))(datetime.fromtimestamp(int(g[0]),timezone.utc))),
 ('syslog',re.compile(r'^(?:<\d+>)?([A-Z][a-z]{2}) +(\d+) (\d\d):(\d\d):(\d\d) '),lambda g:dt(None,M[g[0]],*g[1:5])),
 ('openstack2k',re.compile(r'^\S+\.log\S* (\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3}) '),lambda g:dt(*g[:6],int(g[6])*1000)),
 ('iso',re.compile(r'^\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{3,6}))?'),lambda g:dt(*g[:6],int((g[6] or '0').ljust(6,'0')))),
 ('spark',re.compile(r'^(\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) '),lambda g:dt('20'+g[0],*g[1:6])),
]
BIN=sys.argv[1]; tot=[0,0,0,0]
for f in sys.argv[2:]:
    lines=open(f,errors='replace',newline='\n').read().split('\n')
    want={}
    for i,l in enumerate(lines,1):
        for n,r,p in P:
            m=r.match(l)
            if m:
                try: want[i]=p(m.groups())
                except Exception: pass
                break
    out=subprocess.run([BIN,'show',f,'--tz','UTC','--assume-tz','UTC','--format','jsonl','--no-dedupe'],capture_output=True,text=True,errors='replace').stdout
    got={}
    for l in out.split('\n'):
        if not l: continue
        e=json.loads(l)
        if 'derived' in e['marks']: continue
        got[e['line']]=e
    right=wrong=undated=extra=0; bad=[]
    for i,w in want.items():
        e=got.get(i)
        if e is None: undated+=1; bad.append(('joined',i)); continue
        if e['time'] is None: undated+=1; continue
        t=e['time'].rstrip('Z'); a,_,fr=t.partition('.')
        d=datetime.strptime(a,'%Y-%m-%dT%H:%M:%S'); us=int((fr or '0')[:6].ljust(6,'0'))
        g=(d.year,d.month,d.day,d.hour,d.minute,d.second,us)
        if g[1:]==w[1:] and (w[0] is None or g[0]==w[0]): right+=1
        else: wrong+=1; bad.append((i,w,g))
    extra=sum(1 for i,e in got.items() if e['time'] and i not in want)
    for k,v in enumerate((right,undated,wrong,extra)): tot[k]+=v
    print(f"{f.split('/')[-1]:40} stamps {len(want):6} right {right:6} undated {undated:4} wrong {wrong:4} others dated {extra}",bad[:2] if bad else '')
n=tot[0]+tot[1]+tot[2]
print('all',tot,f'{100*tot[0]/max(n,1):.3f} %')
