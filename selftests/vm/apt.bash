# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Private package states: what Debian's archives have for any architecture and
# suite, without root and without touching the machine's own lists. Sourced by
# fetch.sh; no archive's name is known here, the machine's apt sources have it.
#
# A state is named ARCH (suites of this machine and of the old kernels), ARCH.next
# (newer suites, for kernels only) or source (source packages).

HOST_ARCH=$(dpkg --print-architecture)
# shellcheck disable=SC1091 # not part of the project
HOST_SUITE=$(. /etc/os-release && echo "$VERSION_CODENAME")
# Where the old kernel series lives, whatever this machine runs.
OLD_SUITE=bookworm
LIST_AGE_MINUTES=720

# apt with the private state named by its first argument.
private()
{
	local state=$1
	shift
	APT_CONFIG=$CACHE/apt/$state/apt.conf "$@"
}

# Prints "label uri" of the Debian archives that apt knows of on this machine.
# The machine's own lists tell which source is Debian's; where they are missing
# or were left incomplete by an installer, they are read into a private state.
debian_archives()
{
	local probe=$CACHE/apt/probe found lock
	# shellcheck disable=SC2016 # fields of apt-get, not of the shell
	local format='$(ORIGIN) $(LABEL) $(REPO_URI)'

	found=$(apt-get indextargets --format "$format" 'Created-By: Packages' |
		sed -n 's/^Debian //p' | sort -u)
	if [[ $found != *Debian-Security* ]]; then
		mkdir -p "$probe/lists/partial" "$probe/cache/archives/partial"
		exec {lock}> "$CACHE/apt/.lock-probe"
		flock "$lock"
		apt-get -qq -o Dir::State="$probe" -o Dir::Cache="$probe/cache" \
			-o APT::Sandbox::User=root update >&2 || true
		found=$(apt-get -o Dir::State="$probe" indextargets \
			--format "$format" 'Created-By: Packages' |
			sed -n 's/^Debian //p' | sort -u)
		exec {lock}>&-
	fi
	[ -n "$found" ] || die "no Debian archive among this machine's apt sources"
	echo "$found"
}

# suites STATE LABEL: the suites that the state reads from the archive.
suites()
{
	local suite

	case $1/$2 in
	*.next/Debian) echo stable unstable ;;
	*.next/*) ;;
	*/Debian)
		for suite in "$HOST_SUITE" "$OLD_SUITE"; do
			echo "$suite" "$suite-updates"
		done | sort -u
		;;
	*/Debian-Security)
		for suite in "$HOST_SUITE" "$OLD_SUITE"; do
			echo "$suite-security"
		done | sort -u
		;;
	esac
}

# Prints the sources.list of state $1.
write_sources()
{
	local label uri suite type=deb
	local ring=/usr/share/keyrings/debian-archive-keyring.gpg

	[ "$1" != source ] || type='deb-src'
	[ -e $ring ] && ring="[signed-by=$ring] " || ring=
	debian_archives | while read -r label uri; do
		for suite in $(suites "$1" "$label"); do
			echo "$type $ring$uri $suite main"
		done
	done
}

# write_conf STATE FOLDER: the apt.conf of the state.
write_conf()
{
	local arch

	echo "Dir::State \"$2\";"
	echo "Dir::State::status \"$2/status\";"
	echo "Dir::Cache \"$2/cache\";"
	echo "Dir::Etc::sourcelist \"$2/sources.list\";"
	echo "Dir::Etc::sourceparts \"/dev/null\";"
	echo "Dir::Etc::preferencesparts \"/dev/null\";"
	echo "APT::Architecture \"$HOST_ARCH\";"
	echo "#clear APT::Architectures;"
	for arch in "$HOST_ARCH" "${1%.next}"; do
		[ "$arch" = source ] || echo "APT::Architectures:: \"$arch\";"
	done
	echo 'APT::Sandbox::User "root"; Acquire::Languages "none";'
	echo 'Acquire::Retries "3";'
}

# One state for each foreign architecture: apt drops all indexes of an archive
# when one of them does not match, as happens while a mirror is being updated.
make_state()
{
	local dir=$CACHE/apt/$1

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	write_sources "$1" > "$dir/sources.list"
	write_conf "$1" "$dir" > "$dir/apt.conf"
	: > "$dir/status"
	if ! private "$1" apt-get -qq update > "$dir/update.log" 2>&1; then
		echo "fetch.sh: going on without some package lists," \
			"see $dir/update.log" >&2
	fi
	touch "$dir/updated"
}

# Makes sure that state $1 has lists, of today.
need_lists()
{
	local updated=$CACHE/apt/$1/updated lock

	mkdir -p "$CACHE/apt"
	exec {lock}> "$CACHE/apt/.lock-$1"
	flock "$lock"
	[ -n "$(find "$updated" -mmin -$LIST_AGE_MINUTES 2>/dev/null)" ] ||
		make_state "$1"
	exec {lock}>&-
}

# unpack STATE FOLDER PACKAGE...: packages unpacked into FOLDER.
unpack()
{
	local state=$1 folder=$2 debs=$2.debs deb
	shift 2

	mkdir -p "$folder" "$debs"
	(cd "$debs" && private "$state" apt-get -qq download "$@" >&2) ||
		die "cannot download $*"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$folder"
	done
	rm -rf "$debs"
}
