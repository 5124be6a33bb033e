// SPDX-License-Identifier: MIT
/*
 * boot_files.c - reading the kernel and the modules, and saying what is wrong with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/boot.h"

/* Larger is a mistake: a disk image, a trace. */
#define FILE_MAX (1UL << 30)

const char *boot_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_all(int fd, struct boot_file *f)
{
	size_t done = 0;

	while (done < f->size) {
		ssize_t n = read(fd, f->data + done, f->size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	f->size = done;
	return 0;
}

static int load_fd(struct boot_file *f, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)FILE_MAX)
		return -EFBIG;
	f->size = (size_t)st.st_size;
	f->data = malloc(f->size ? f->size : 1);
	return f->data ? read_all(fd, f) : -ENOMEM;
}

static int load(struct boot_file *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	f->path = strdup(path);
	err = f->path ? load_fd(f, fd) : -ENOMEM;
	close(fd);
	return err;
}

/* build/mmvisor looks for its kernel beside itself, an installed one in ../lib/mmvisor. */
static char *default_kernel(bool debug)
{
	const char *name = debug ? "kernel-debug.elf" : "kernel.elf";
	char self[4096], *path = NULL, *installed, *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n < 0 ? 0 : n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	if (asprintf(&path, "%s/%s", slash ? self : ".", name) < 0)
		return NULL;
	if (!access(path, R_OK) || asprintf(&installed, "%s/../lib/mmvisor/%s", slash ? self : ".", name) < 0)
		return path;
	/* If it is nowhere, the first place is what the message names. */
	if (access(installed, R_OK)) {
		free(installed);
		return path;
	}
	free(path);
	return installed;
}

static int load_kernel(struct boot_files *files, const struct run_config *cfg)
{
	char *path = cfg->kernel ? strdup(cfg->kernel) : default_kernel(cfg->debug_kernel);
	char why[256];
	int err;

	if (!path) {
		run_error("out of memory");
		return RUN_USAGE;
	}
	err = load(&files->kernel, path);
	if (err)
		run_error("%s: %s: %s", path, strerror(-err),
			  cfg->kernel ? "give a kernel with --kernel" : "run `make`, or give a kernel with --kernel");
	free(path);
	if (err)
		return RUN_USAGE;
	if (elf_parse_kernel(&files->image, files->kernel.data, files->kernel.size, why, sizeof(why))) {
		run_error("%s: %s", files->kernel.path, why);
		return RUN_USAGE;
	}
	return 0;
}

static int load_module(struct boot_files *files, const char *path)
{
	struct boot_file *f = &files->modules[files->nr_modules++];
	char why[256];
	int err = load(f, path);

	if (err) {
		run_error("%s: %s: give a payload built with mmvisor-cc", path, strerror(-err));
		return RUN_USAGE;
	}
	if (elf_check_module(f->data, f->size, why, sizeof(why))) {
		run_error("%s: %s", path, why);
		return RUN_USAGE;
	}
	return 0;
}

int boot_files_load(struct boot_files *files, const struct run_config *cfg)
{
	int err;

	memset(files, 0, sizeof(*files));
	err = load_kernel(files, cfg);
	if (!err && cfg->nr_modules > BOOT_MAX_MODULES) {
		run_error("%u payloads: at most %d fit in one run", cfg->nr_modules, BOOT_MAX_MODULES);
		err = RUN_USAGE;
	}
	for (unsigned int i = 0; !err && i < cfg->nr_modules; i++)
		err = load_module(files, cfg->modules[i]);
	return err;
}

void boot_files_free(struct boot_files *files)
{
	free(files->kernel.path);
	free(files->kernel.data);
	for (unsigned int i = 0; i < files->nr_modules; i++) {
		free(files->modules[i].path);
		free(files->modules[i].data);
	}
	memset(files, 0, sizeof(*files));
}
