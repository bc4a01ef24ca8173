#!/bin/sh
# npm run evidence                         regenerates reports/target-v2: tables for operators, studies, experiments, page
# npm run evidence -- page                 its page alone, from the figures that are there
# npm run evidence -- short                computes a part of it again and compares with the record, to the bit
# npm run evidence -- orthogonal-slo [all] regenerates reports/orthogonal-slo, the first version
set -e
here=$(dirname "$0")
case "$1" in
  '') sh "$here/target-v2.sh" ;;
  page) node --import tsx "$here/write-page.ts" ;;
  short) node "$here/short.mjs" ;;
  orthogonal-slo) shift && sh "$here/orthogonal-slo.sh" "$@" ;;
  *) sed -n '2,5s/^# //p' "$0" >&2 && exit 2 ;;
esac
