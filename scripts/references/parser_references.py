"""Asks numpy and safetensors what they read of damaged files, for the tests that dtrain accepts nothing else.

    python3 -m venv venv && venv/bin/pip install numpy safetensors
    venv/bin/python scripts/references/parser_references.py

writes Tests/DatasetsTests/Data/npy.jsonl and Tests/SafetensorsTests/Data/safetensors.jsonl: a line for each file with
its bytes in base64, what it is, and what the reference reader gave ("read", null where it refused). The inputs are the
same in every run; the answers are those of the versions in the first line.
"""

import base64
import io
import json
import random
import resource
import warnings
from pathlib import Path

import numpy
import safetensors

TESTS = Path(__file__).resolve().parents[2] / "Tests"
MEMORY = 8 << 30


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def mutated(data: bytes, header: int, draw: random.Random, words: list[bytes]) -> bytes:
    """One or two changes, most of them in the header's `header` bytes."""
    data = bytearray(data)
    for _ in range(draw.randint(1, 2)):
        at = draw.randrange(min(header, len(data)) if draw.random() < 0.8 else len(data))
        change = draw.randrange(8)
        if change == 0:
            data[at] ^= 1 << draw.randrange(8)
        elif change == 1:
            data[at] = draw.choice(b"0123456789 ,:'\"()[]{}<>|ufi\n\0")
        elif change == 2:
            del data[at:at + draw.randint(1, 4)]
        elif change == 3:
            data[at:at] = data[at:at + draw.randint(1, 12)]
        elif change == 4:
            data[at:at] = draw.choice(words)
        elif change == 5:
            word = draw.choice(words)
            data[at:at + len(word)] = word
        elif change == 6 and len(data) > 20:
            del data[len(data) - draw.randint(1, 9):]
        else:
            data += bytes(draw.randint(1, 9))
    return bytes(data)


# numpy

def saved(array: numpy.ndarray, version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numpy.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def npy(header: str, data: bytes = bytes(24), version: int = 1, newline: str = "\n", pad: bool = True) -> bytes:
    """A file with a header as given."""
    prefix = 10 if version == 1 else 12
    encoded = header.encode("utf8" if version == 3 else "latin1")
    if pad:
        encoded += b" " * (-(prefix + len(encoded) + len(newline)) % 64)
    encoded += newline.encode()
    return b"\x93NUMPY" + bytes([version, 0]) + len(encoded).to_bytes(prefix - 8, "little") + encoded + data


def dictionary(descr: str = "'<f4'", order: str = "False", shape: str = "(3, 2)", rest: str = ", ") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}{rest}}}"


def npy_files() -> list[tuple[str, bytes]]:
    f4 = numpy.arange(6, dtype="<f4").reshape(3, 2) / 4
    plain = [numpy.arange(6).astype(kind).reshape(3, 2) for kind in
             ("<f8", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", ">f4", ">i8", "<f2", "|b1", "<c8")]
    files = [(f"saved {array.dtype.str} {array.shape}", saved(array)) for array in
             [f4, *plain, f4[:, 0].copy(), f4[:0], numpy.float32(3) + numpy.zeros(()), f4.reshape(1, 3, 2, 1),
              numpy.array(["abc"]), numpy.zeros(2, dtype=[("a", "<f4"), ("b", "<i8")]),
              numpy.array([1, 2], dtype="datetime64[s]")]]
    files += [("saved in Fortran order", saved(numpy.asfortranarray(f4))),
              ("saved objects", saved(numpy.array([None, 1], dtype=object))),
              ("version 2", saved(f4, (2, 0))), ("version 3", saved(f4, (3, 0)))]
    headers = [
        dictionary(), dictionary(rest=""), dictionary(rest=","), dictionary(rest=", , "),
        dictionary(descr='"<f4"'), dictionary(descr="'<' 'f4'"), dictionary(descr="u'<f4'"),
        dictionary(descr="b'<f4'"), dictionary(descr="r'<f4'"), dictionary(descr="'\\x3cf4'"),
        dictionary(descr="'f4'"), dictionary(descr="'=f4'"), dictionary(descr="'float32'"), dictionary(descr="'>f4'"),
        dictionary(descr="'<f4 '"), dictionary(descr="' <f4'"), dictionary(descr="'<f04'"), dictionary(descr="'<f3'"),
        dictionary(descr="'<u1'"), dictionary(descr="'<i1'"), dictionary(descr="'|u1'"), dictionary(descr="'|f4'"),
        dictionary(descr="'|O'"), dictionary(descr="'O'"), dictionary(descr="'<f4,<f4'"), dictionary(descr="'(2,)<f4'"),
        dictionary(descr="[('a', '<f4')]"), dictionary(descr="('<f4', (2,))"), dictionary(descr="None"),
        dictionary(descr="''"), dictionary(descr="4"),
        dictionary(order="True"), dictionary(order="0"), dictionary(order="1"), dictionary(order="None"),
        dictionary(order="not True"), dictionary(order="'False'"),
        dictionary(shape="(6,)"), dictionary(shape="(6)"), dictionary(shape="6"), dictionary(shape="6,"),
        dictionary(shape="()"), dictionary(shape="(,)"), dictionary(shape="(3,2,)"), dictionary(shape="(3, 2, )"),
        dictionary(shape="[3, 2]"), dictionary(shape="(03, 2)"), dictionary(shape="(3, 02)"), dictionary(shape="(00, 2)"),
        dictionary(shape="(0, 2)"), dictionary(shape="(0x3, 2)"), dictionary(shape="(3L, 2L)"), dictionary(shape="(3l, 2)"),
        dictionary(shape="(+3, 2)"), dictionary(shape="(-3, -2)"), dictionary(shape="(-1,)"), dictionary(shape="(3.0, 2)"),
        dictionary(shape="(3, 2.)"), dictionary(shape="(1_0, 2)"), dictionary(shape="(6, True)"), dictionary(shape="(True, 6)"),
        dictionary(shape="((3,), 2)"), dictionary(shape="('3', 2)"), dictionary(shape="(3 2)"), dictionary(shape="(3,, 2)"),
        dictionary(shape="(1099511627776,)"), dictionary(shape="(4294967296, 4294967296)"),
        dictionary(shape="(9223372036854775807, 2)"), dictionary(shape="(9223372036854775808,)"),
        dictionary(shape="(18446744073709551616,)"), dictionary(shape="(0, 4294967296, 4294967296)"),
        dictionary(shape="(0, 1099511627776)"), dictionary(shape="(" + "1, " * 30 + "3, 2)"),
        dictionary(shape="(" + "1, " * 31 + "3, 2)"), dictionary(shape="(" + "1, " * 62 + "3, 2)"),
        dictionary(shape="(" + "1, " * 63 + "3, 2)"),
        dictionary(rest=", 'descr': '<f4'"), dictionary(rest=", 'x': 1"), dictionary(rest="} {"), dictionary(rest="}}"),
        "{'descr': '<f4', 'shape': (3, 2)}", "{'descr': '<f4', 'fortran_order': False}", "{}", "", "3", "[]", "None",
        "{'shape': (3, 2), 'descr': '<f4', 'fortran_order': False}",
        "  " + dictionary(), "\t" + dictionary(), "\n" + dictionary(), dictionary().replace(" ", ""),
        dictionary().replace(" ", "  "), dictionary().replace(" ", "\t"), dictionary().replace(", ", ",\n"),
        dictionary() + " # text", dictionary() + "\0", dictionary() + "x", dictionary() + ";", "(" + dictionary() + ")",
        dictionary().replace(":", " : "), dictionary().replace("'", '"'), dictionary().replace("'", "'''"),
        dictionary().replace("'", ""), dictionary().replace("False", "false"), dictionary().replace("shape", "Shape"),
        dictionary().replace("'descr'", "'de' 'scr'"), dictionary().replace("'descr'", "b'descr'"),
        dictionary().replace("descr", "d\\u0065scr"), dictionary().replace("(", "( "), dictionary().replace(",", " ,"),
    ]
    files += [(f"header {header[:70]!r}", npy(header)) for header in headers]
    files += [
        ("no line feed", npy(dictionary(), newline="")), ("CR LF", npy(dictionary(), newline="\r\n")),
        ("two line feeds", npy(dictionary(), newline="\n\n")), ("a tab before the line feed", npy(dictionary(), newline="\t\n")),
        ("unpadded", npy(dictionary(), pad=False)), ("unpadded without a line feed", npy(dictionary(), newline="", pad=False)),
        ("version 2 header", npy(dictionary(), version=2)), ("version 3 header", npy(dictionary(), version=3)),
        ("version 4 header", npy(dictionary(), version=4)),
        *[(f"header of {size} bytes", npy(dictionary() + " " * (size - 1 - len(dictionary())), pad=False))
          for size in (9_999, 10_000, 10_001)],
        *[(f"version 2 header of {size} bytes", npy(dictionary() + " " * (size - 1 - len(dictionary())), pad=False, version=2))
          for size in (10_000, 10_001, 12_000)],
        ("an umlaut in version 3", npy(dictionary() + "ä", version=3)), ("an umlaut", npy(dictionary() + "ä")),
        ("a byte too few", npy(dictionary(), bytes(23))), ("no data", npy(dictionary(), b"")),
        ("a byte too many", npy(dictionary(), bytes(25))), ("two arrays", npy(dictionary()) * 2),
    ]
    start = npy(dictionary())
    files += [(f"cut to {count}", start[:count]) for count in (0, 1, 5, 6, 7, 8, 9, 10, 11, 100)]
    files += [("a version of 1.1", start[:7] + b"\1" + start[8:]), ("a version of 0.0", start[:6] + b"\0" + start[7:])]
    draw = random.Random(1)
    bases = [start, saved(f4), saved(plain[0]), saved(plain[8]), saved(plain[1]), npy(dictionary(), version=2)]
    words = [b"'<f4'", b"'<i8'", b"(6,)", b"3", b"00", b"0", b"True", b"'", b" ", b"\n", b"L", b"#", b"_", b"-", b"{", b"}",
             b"'descr': ", b"'shape': (3, 2), ", b"\\x31", b"0x", b"()", b"1e1", b"<u1", b"|i1", b"<f8"]
    return files + [(f"damage {i}", mutated(draw.choice(bases), 90, draw, words)) for i in range(400)]


def numpy_read(data: bytes) -> dict | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = numpy.load(io.BytesIO(data), allow_pickle=False)
        little = numpy.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
        return {"type": array.dtype.name, "shape": list(array.shape), "values": text(little.tobytes())}
    except Exception:
        return None


# safetensors

def tensors(header: str, data: int = 16, length: int | None = None) -> bytes:
    encoded = header.encode("utf8", "surrogatepass")
    return (len(encoded) if length is None else length).to_bytes(8, "little") + encoded + bytes(range(data))


def tensor(name: str = "a", kind: str = '"F32"', shape: str = "[2,2]", offsets: str = "[0,16]", rest: str = "") -> str:
    return f'"{name}":{{"dtype":{kind},"shape":{shape},"data_offsets":{offsets}{rest}}}'


def safetensors_files() -> list[tuple[str, bytes]]:
    def one(**parts: str) -> str:
        return "{" + tensor(**parts) + "}"

    halves = [tensor("a", shape="[2]", offsets="[0,8]"), tensor("b", shape="[2]", offsets="[8,16]")]
    types = {"F64": 2, "F32": 4, "F16": 8, "BF16": 8, "I64": 2, "I32": 4, "I16": 8, "I8": 16, "U64": 2, "U32": 4,
             "U16": 8, "U8": 16, "BOOL": 16, "C64": 2, "F8_E4M3": 16, "F8_E5M2": 16, "F8_E8M0": 16, "F4": 32, "F6_E2M3": 16}
    headers = [
        *[one(kind=f'"{kind}"', shape=f"[{count}]") for kind, count in types.items()],
        one(kind='"f32"'), one(kind='"F99"'), one(kind="32"), one(kind="null"), one(kind='"F32 "'),
        one(shape="[4]"), one(shape="[1,4,1]"), one(shape="[ 2 , 2 ]"), one(shape="[2,2,]"), one(shape="[]"),
        one(shape="[02,2]"), one(shape="[2.0,2]"), one(shape="[2e0,2]"), one(shape="[-2,-2]"), one(shape="[-0,2]"),
        one(shape="[+2,2]"), one(shape='["2",2]'), one(shape="[[2],2]"), one(shape="4"), one(shape="null"), one(shape="{}"),
        one(shape="[4294967296,4294967296]"), one(shape="[4294967296,4294967296,0]", offsets="[0,0]"),
        one(shape="[18446744073709551616]"), one(shape="[18446744073709551615]"), one(shape="[9223372036854775808]"),
        one(shape="[0]", offsets="[0,0]"), one(shape="[" + "1," * 62 + "2,2]"), one(shape="[" + "1," * 64 + "2,2]"),
        one(offsets="[0,15]"), one(offsets="[0,17]"), one(offsets="[1,17]"), one(offsets="[16,0]"), one(offsets="[0]"),
        one(offsets="[0,16,16]"), one(offsets="[]"), one(offsets="[0,16.0]"), one(offsets="[0,18446744073709551615]"),
        one(offsets="[-0,16]"), one(offsets="[00,16]"), one(offsets="null"),
        one(rest=',"x":1'), one(rest=',"dtype":"F32"'), one(rest=',"shape":[4]'), one(rest=","), one(name=""), one(name=".."),
        one(name="a/b"), one(name="a..b"), one(name="\\u0061"), one(name="\\n"), one(name="\\u0000"), one(name="\\ud800"),
        one(name="\\ud83e\\uddee"), one(name="\\udc00\\ud800"), one(name="\\q"), one(name="\\/"), one(name="\n"), one(name="\x7f"),
        one(name="é"), one(name="\u2028"), one(name="__metadata__"), one(name="\\u00E9"), one(name="\\u12"),
        '{"__metadata__":{}}', '{"__metadata__":null}', '{"__metadata__":{"a":1}}', '{"__metadata__":{"a":null}}',
        '{"__metadata__":{"a":"1","a":"2"}}', '{"__metadata__":"a"}', '{"__metadata__":{},"__metadata__":{}}', "{}",
        "{" + ",".join(halves) + "}", "{" + ",".join(reversed(halves)) + "}", "{" + ",".join(halves) + ",}",
        "{" + ",".join([halves[0], tensor("a", shape="[2]", offsets="[8,16]")]) + "}",
        "{" + ",".join([halves[0], tensor("\\u0061", shape="[2]", offsets="[8,16]")]) + "}",
        "{" + ",".join([tensor("é", shape="[2]", offsets="[0,8]"), tensor("e\u0301", shape="[2]", offsets="[8,16]")]) + "}",
        "{" + ",".join([halves[0], tensor("b", shape="[2]", offsets="[0,8]")]) + "}",
        "{" + ",".join([halves[0], tensor("b", shape="[1]", offsets="[12,16]")]) + "}",
        "{" + ",".join([halves[0], tensor("b", shape="[3]", offsets="[4,16]")]) + "}",
        "{" + ",".join([tensor(), tensor("e", shape="[0]", offsets="[16,16]")]) + "}",
        "{" + ",".join([tensor(), tensor("e", shape="[0]", offsets="[0,0]")]) + "}",
        "{" + ",".join([tensor(), tensor("e", shape="[0]", offsets="[8,8]")]) + "}",
        "{" + ",".join([tensor(), tensor("e", shape="[0]", offsets="[99,99]")]) + "}",
        " " + one(), one() + "   ", one() + "\n", one() + "\t ", one() + "\0", one() + "x", one() + one(), "[" + one() + "]",
        one().replace(",", " , "), one().replace(":", "\n:\t"), one().replace('"', "'"), one().replace("{", "{ /* */", 1),
        one(shape='{"a":' * 300 + "1" + "}" * 300), "[" * 300, '{"a":' * 300, "null", "", "{", "}", '{"a":1}', '{"a":null}',
        '{"a":{}}', '{"a":[]}', '{"a":["F32",[2,2],[0,16]]}', "\ufeff" + one(), "{\ud800}",
    ]
    files = [(f"header {header[:70]!r}", tensors(header, 0 if "metadata" in header and "dtype" not in header else 16))
             for header in headers]
    files += [(f"a length of {length}", tensors(one(), length=length))
              for length in (0, 1, 2, len(one()) - 1, len(one()) + 1, len(one()) + 16, 100_000_000, 100_000_001, 1 << 63, (1 << 64) - 1)]
    files += [(f"data of {count} bytes", tensors(one(), count)) for count in (0, 15, 17, 32)]
    files += [(f"cut to {count}", tensors(one())[:count]) for count in (0, 1, 7, 8, 9, 40)]
    draw = random.Random(2)
    words = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0061", b"0", b"-", b"1e0", b"null", b" ", b"\n", b".0", b"2,2",
             b"[0,16]", b'"F32"', b'"I32"', b'"U8"', b'"x":1,', b'"shape":[4],', b'"__metadata__":{"a":"b"},', b"\xc3\xa9", b"\xff"]
    bases = [one(), "{" + ",".join(halves) + "}", '{"__metadata__":{"k":"v"},' + tensor("a", '"I32"', "[4]") + "}",
             one(kind='"U8"', shape="[16]") + "  "]
    for i in range(300):
        header = mutated(draw.choice(bases).encode(), 200, draw, words)
        files.append((f"damage {i}", len(header).to_bytes(8, "little") + header + bytes(range(16))))
    return files


def safetensors_read(data: bytes) -> list | None:
    try:
        read = safetensors.deserialize(data)
    except Exception:
        return None
    return [{"name": name, "type": part["dtype"], "shape": part["shape"], "values": text(bytes(part["data"]))}
            for name, part in sorted(read, key=lambda item: item[0].encode())]


def write(path: Path, versions: str, files: list[tuple[str, bytes]], read) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"note": versions, "file": "", "read": None})]
    for note, data in files:
        lines.append(json.dumps({"note": note, "file": text(data), "read": read(data)}, separators=(",", ":")))
    path.write_text("\n".join(lines) + "\n")
    accepted = sum(not line.endswith("null}") for line in lines)
    print(f"{path.name}: {len(lines) - 1} files, {accepted} accepted, {path.stat().st_size} bytes")


def main() -> None:
    # A shape of 2^40 must be refused here too, instead of swapping.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    write(TESTS / "DatasetsTests/Data/npy.jsonl", f"numpy {numpy.__version__}", npy_files(), numpy_read)
    write(TESTS / "SafetensorsTests/Data/safetensors.jsonl", f"safetensors {safetensors.__version__}",
          safetensors_files(), safetensors_read)


if __name__ == "__main__":
    main()
