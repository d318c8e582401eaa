/* Preloaded into php-fpm (and cron). Once /run/rec/leak exists, the next fork()
 * first "leaks": it reserves two adjacent blocks of address space, together
 * larger than the machine's RAM. From then on the kernel itself refuses every
 * fork() of this process with ENOMEM (overcommit check of one too large private
 * mapping); the process keeps running. No return value is faked here. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

pid_t fork(void)
{
	static pid_t (*real_fork)(void);
	static int leaked;

	if (!real_fork)
		real_fork = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
	if (!leaked && access("/run/rec/leak", F_OK) == 0) {
		size_t ram = (size_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
		size_t len = (ram / 4 * 3) & ~((size_t)(2 << 20) - 1);
		mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		leaked = 1;
	}
	return real_fork();
}
