# Asks a cloud's metadata service with what the machine has: curl, GNU wget, or bash. No proxy, no redirects, no files.
# `ask METHOD URL SECONDS [HEADER…]` prints the whole HTTP answer, then the exit code on a line of its own.
nl='
'
cr=$(printf '\r')
if [ -z "$way" ]; then
    if command -v curl >/dev/null 2>&1; then way=curl
    elif command -v wget >/dev/null 2>&1 && wget --version 2>/dev/null | grep -q 'GNU Wget'; then way=wget
    elif command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then way=bash
    else way=none; fi
fi
by_curl() {
    for header; do set -- "$@" -H "$header"; shift; done
    curl -q -sS -i --raw --noproxy '*' --connect-timeout 3 -m "$limit" -X "$method" "$@" "$url"
}
by_wget() {
    for header; do set -- "$@" "--header=$header"; shift; done
    wget --no-config -q --no-proxy --tries=1 --timeout="$limit" --max-redirect=0 --save-headers --content-on-error \
        -O - --method="$method" "$@" "$url"
}
by_bash() {
    rest=${url#http://}
    host=${rest%%/*}
    request="$method /${rest#*/} HTTP/1.1$cr${nl}Host: $host$cr${nl}Connection: close$cr$nl"
    for header; do request="$request$header$cr$nl"; done
    [ "$method" = GET ] || request="${request}Content-Length: 0$cr$nl"
    port=80
    case $host in *:*) port=${host##*:} host=${host%:*} ;; esac
    # shellcheck disable=SC2016  # bash shall expand them
    timeout "$limit" bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 7; printf %s "$3" >&3; cat <&3' \
        bash "$host" "$port" "$request$cr$nl"
}
ask() {
    method=$1 url=$2 limit=$3
    shift 3
    if [ "$way" = none ]; then
        printf '\n127\n'
        return
    fi
    {
        "by_$way" "$@"
        printf '\n%s\n' $?
    } 2>/dev/null </dev/null | head -c 500000
}
# The last line of an answer that has a status of 200: a token. It is never printed.
ask_token() {
    reply=$(ask "$@")
    code=${reply##*"$nl"}
    body=${reply%"$nl$code"}
    token=${body##*"$nl"}
    case $token in '' | *[!A-Za-z0-9+/=_-]*) token='' ;; esac
    case $reply in 'HTTP/'*' 200'*) ;; *) token='' ;; esac
    printf '%s\n\n%s\n' "${reply%%"$nl"*}" "$code"
}
