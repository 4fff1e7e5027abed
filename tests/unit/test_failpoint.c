/* A process of its own for each case: what happens at a point ends it, or stops it. */
#include "failpoint.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 1000, WELL = 7 };

/* What became of a child, and what it said. */
struct end {
    int status;
    char text[TEXT_MAX];
};

/* A transaction of three records, over and over; then it ends with WELL. */
static void work(int transactions)
{
    for (int i = 0; i < transactions; i++) {
        FAILPOINT(TXN_BEGUN);
        for (int k = 0; k < 3; k++)
            FAILPOINT(TXN_PRODUCED);
        FAILPOINT(TXN_COMMIT);
        FAILPOINT(TXN_COMMITTED);
    }
}

static pid_t start_child(const char *failpoints, int transactions, int *ret_fd)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err e = {0};
        if (dup2(fds[1], STDERR_FILENO) < 0 || setenv("CW_FAILPOINTS", failpoints, 1) != 0 ||
            failpoints_start(&e) != 0)
            _exit(1);
        (void)close(fds[0]);
        (void)close(fds[1]);
        work(transactions);
        _exit(WELL);
    }
    (void)close(fds[1]);
    *ret_fd = fds[0];
    return pid;
}

static struct end run_child(const char *failpoints, int transactions)
{
    struct end end = {0};
    int fd;
    pid_t pid = start_child(failpoints, transactions, &fd);
    ssize_t n;
    size_t len = 0;
    while ((n = read(fd, end.text + len, TEXT_MAX - 1 - len)) > 0)
        len += (size_t)n;
    (void)close(fd);
    assert_int_equal(waitpid(pid, &end.status, 0), pid);
    return end;
}

static void assert_killed(struct end end, const char *text)
{
    assert_string_equal(end.text, text);
    assert_true(WIFSIGNALED(end.status));
    assert_int_equal(WTERMSIG(end.status), SIGKILL);
}

static void test_without_a_word_nothing_happens(void **state)
{
    (void)state;
    struct end end = run_child("", 100);
    assert_string_equal(end.text, "");
    assert_true(WIFEXITED(end.status) && WEXITSTATUS(end.status) == WELL);
}

static void test_killed_at_the_passing_that_was_named(void **state)
{
    (void)state;
    assert_killed(
        run_child("txn.produced=kill@5", 100),
        "{\"failpoint\":\"txn.produced\",\"passing\":5,\"action\":\"kill\",\"open\":1}\n");
    assert_killed(
        run_child("txn.committed=kill@100", 100),
        "{\"failpoint\":\"txn.committed\",\"passing\":100,\"action\":\"kill\",\"open\":0}\n");
}

static void test_a_passing_that_never_comes_does_nothing(void **state)
{
    (void)state;
    struct end end = run_child("txn.committed=kill@101,image.chunk=stop@1", 100);
    assert_true(WIFEXITED(end.status) && WEXITSTATUS(end.status) == WELL);
}

static void test_waits_and_then_dies_elsewhere(void **state)
{
    (void)state;
    assert_killed(run_child("txn.begun=kill:20@2,txn.commit=sleep:10000@2", 100),
                  "{\"failpoint\":\"txn.commit\",\"passing\":2,\"action\":\"sleep\",\"open\":1}\n"
                  "{\"failpoint\":\"txn.begun\",\"passing\":2,\"action\":\"kill\",\"open\":1}\n");
}

static void test_stopped_it_goes_on_when_told(void **state)
{
    (void)state;
    int fd;
    int status;
    pid_t pid = start_child("txn.commit=stop@2", 100, &fd);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == WELL);
    (void)close(fd);
}

static void test_a_wrong_word_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "txn.begin=kill@1",      "txn.begun",
        "txn.begun=die@1",       "txn.begun=kill",
        "txn.begun=kill@0",      "txn.begun=kill@",
        "txn.begun=kill@1x",     "txn.begun=kill:@1",
        "txn.begun=kill:-1@1",   "txn.begun=sleep@1",
        "txn.begun=sleep:0@1",   "=kill@1",
        "txn.begun=kill@1,x",    "txn.begun=kill @1",
        "txn.begun=@1",          ",",
        "txn.begun=kill:5,x=@1", "txn.begun=kill@1,txn.begun=stop@2"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct end end = run_child(wrong[i], 1);
        if (!WIFEXITED(end.status) || WEXITSTATUS(end.status) != 1)
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_word_nothing_happens),
        cmocka_unit_test(test_killed_at_the_passing_that_was_named),
        cmocka_unit_test(test_a_passing_that_never_comes_does_nothing),
        cmocka_unit_test(test_waits_and_then_dies_elsewhere),
        cmocka_unit_test(test_stopped_it_goes_on_when_told),
        cmocka_unit_test(test_a_wrong_word_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
