# shellcheck shell=bash
# run: up, a live status until a signal, down.
# shellcheck disable=SC2154

stack_run() {
    take_terminal
    # A flag, looked at between the steps: bash 5.2 can crash where a trap exits amid a read.
    stop_asked=
    trap 'stop_asked=yes' INT TERM HUP
    trap 'leave $?' EXIT
    bring_up
    print_places
    live_status
}

# leave_if_asked: ends a `run` that got a signal. Other commands have no flag: signals end them at once.
leave_if_asked() { [[ -z ${stop_asked:-} ]] || exit 0; }

# leave CODE: down, whatever came before; a second Ctrl-C does not cut it short.
leave() {
    trap - EXIT
    trap '' INT TERM HUP
    say
    say "Stopping..."
    stack_down
    # what Ctrl-C interrupted (it reaches every process of the terminal) is no failure
    [[ -z $stop_asked ]] || set -- 0
    give_terminal_back
    exit "$1"
}

# take_terminal: starts this command anew as the foreground process group of the terminal, if it has one. Ctrl-C then
# comes to us and not to make, which would call it a failure. It also undoes what a shell does to commands that it
# starts with `&`, which ignore SIGINT: bash cannot.
take_terminal() {
    [[ -z ${STACK_TERMINAL:-} ]] || return 0
    # shellcheck disable=SC2016 # perl's variables
    exec perl -MPOSIX -e '
        $SIG{$_} = "DEFAULT" for qw(INT TERM HUP);
        $ENV{STACK_TERMINAL} = "none";
        if (-t 0 && tcgetpgrp(0) == getpgrp()) {
            $ENV{STACK_TERMINAL} = getpgrp();
            $SIG{TTOU} = "IGNORE";
            setpgid(0, 0);
            tcsetpgrp(0, $$);
            $SIG{TTOU} = "DEFAULT";
            $SIG{TSTP} = "IGNORE"; # stopped by Ctrl-Z, we would leave make waiting and the terminal to nobody
        }
        exec @ARGV or die "$ARGV[0]: $!\n";' "$here/stack" run
}

give_terminal_back() {
    [[ $STACK_TERMINAL == none ]] || perl -MPOSIX -e 'tcsetpgrp(0, $ARGV[0])' "$STACK_TERMINAL" || true
}
