// A small app that forgets nothing: it prints lines without any time stamp and
// leaks until node itself gives up. Run by php-fpm-oom.sh.
const kept = [];
let n = 0;
console.log('stamp-proxy listening on 0.0.0.0:3000');
console.log('worker pool: 2');
function tick() {
  n++;
  for (let i = 0; i < 700; i++) kept.push({ job: n, i, body: 'x' + Math.random() });
  const m = process.memoryUsage();
  const mb = v => (v / 1048576).toFixed(1);
  console.log(`job ${n} done, kept=${kept.length} rss=${mb(m.rss)}MB heap=${mb(m.heapUsed)}MB`);
  if (n % 40 === 0) console.error(`(node) warning: possible EventEmitter memory leak detected. 11 listeners added.`);
  setTimeout(tick, 5);
}
tick();
