/**
 * A library to preload (LD_PRELOAD) into a server: the disk below a directory is full whenever
 * somebody wants it to be.
 *
 * FULL_DISKS names a file of struct disk, which all preloaded processes and who governs them share
 * (tests/chaos/full_disk.py). A file grows to the end of its last block, with a short write if need
 * be, and then there is no room (ENOSPC); what lies in it already can be written again. So it is
 * on most file systems. Not covered: memory maps, and files that are made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BLOCK = 4096, PATH_BYTES = 504 };

struct disk {
    atomic_uint full;       /* written by who governs */
    atomic_uint refused;    /* writes; written by us */
    char below[PATH_BYTES]; /* absolute, free of links; ends with NUL */
};

static struct disk *disks;
static size_t n_disks;

static void die(const char *what)
{
    perror(what);
    _exit(1);
}

__attribute__((constructor)) static void map_disks(void)
{
    struct stat is;
    void *map;
    const char *path = getenv("FULL_DISKS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &is) != 0)
        die("full_disk: FULL_DISKS");
    map = mmap(NULL, (size_t)is.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        die("full_disk: mmap");
    (void)close(fd);
    disks = map;
    n_disks = (size_t)is.st_size / sizeof(*disks);
}

static bool any_is_full(void)
{
    for (size_t n = 0; n < n_disks; n++) {
        if (atomic_load(&disks[n].full))
            return true;
    }
    return false;
}

static struct disk *full_disk_of(int fd)
{
    char link[32], path[4096];
    ssize_t len;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len < 0)
        return NULL;
    path[len] = '\0';
    for (size_t n = 0; n < n_disks; n++) {
        const size_t below = strlen(disks[n].below);
        if (atomic_load(&disks[n].full) && strncmp(path, disks[n].below, below) == 0 &&
            path[below] == '/')
            return &disks[n];
    }
    return NULL;
}

/* How many of n bytes there is room for; at: -1 for where the file is. -1: none, errno tells. */
static ssize_t room(int fd, off_t at, size_t n)
{
    struct stat is;
    struct disk *disk;
    off_t end;
    const int before = errno;
    disk = any_is_full() && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) ? full_disk_of(fd) : NULL;
    if (!disk) {
        errno = before;
        return (ssize_t)n;
    }
    if (at < 0)
        at = fcntl(fd, F_GETFL) & O_APPEND ? is.st_size : lseek(fd, 0, SEEK_CUR);
    errno = before;
    end = (is.st_size + BLOCK - 1) / BLOCK * BLOCK;
    if (at + (off_t)n <= end)
        return (ssize_t)n;
    if (at < end)
        return end - at;
    (void)atomic_fetch_add(&disk->refused, 1);
    errno = ENOSPC;
    return -1;
}

ssize_t write(int fd, const void *buf, size_t n)
{
    const ssize_t fits = room(fd, -1, n);
    return fits < 0 ? -1 : syscall(SYS_write, fd, buf, (size_t)fits);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    const ssize_t fits = room(fd, offset, n);
    return fits < 0 ? -1 : syscall(SYS_pwrite64, fd, buf, (size_t)fits, offset);
}

static size_t sum(const struct iovec *iovec, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += iovec[i].iov_len;
    return total;
}

/* Of what does not fit as a whole no more than the first part is written. */
static size_t first(const struct iovec *iovec, ssize_t fits)
{
    return iovec[0].iov_len < (size_t)fits ? iovec[0].iov_len : (size_t)fits;
}

ssize_t writev(int fd, const struct iovec *iovec, int count)
{
    const size_t total = sum(iovec, count);
    const ssize_t fits = room(fd, -1, total);
    if (fits == (ssize_t)total)
        return syscall(SYS_writev, fd, iovec, count);
    return fits < 0 ? -1 : syscall(SYS_write, fd, iovec[0].iov_base, first(iovec, fits));
}

ssize_t pwritev2(int fd, const struct iovec *iodev, int count, off_t offset, int flags)
{
    const size_t total = sum(iodev, count);
    const ssize_t fits = room(fd, offset, total);
    if (fits == (ssize_t)total)
        return syscall(SYS_pwritev2, fd, iodev, count, offset, 0L, flags);
    return fits < 0 ? -1 : syscall(SYS_pwrite64, fd, iodev[0].iov_base, first(iodev, fits), offset);
}

ssize_t pwritev(int fd, const struct iovec *iovec, int count, off_t offset)
{
    return pwritev2(fd, iovec, count, offset, 0);
}

/* The names by which who was built for large files calls them; off_t is as large here. */
_Static_assert(sizeof(off_t) == sizeof(off64_t), "64 bit machines");
ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset)
    __attribute__((alias("pwrite")));
ssize_t pwritev64(int fd, const struct iovec *iovec, int count, off64_t offset)
    __attribute__((alias("pwritev")));
ssize_t pwritev64v2(int fd, const struct iovec *iodev, int count, off64_t offset, int flags)
    __attribute__((alias("pwritev2")));
