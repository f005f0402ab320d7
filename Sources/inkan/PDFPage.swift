/// A page of text as PDF 1.4 (ISO 32000-1), for PIN letters. Fonts are named and not embedded: Helvetica and Courier,
/// which every reader has, and a Japanese one for whatever is not ASCII, which readers have or replace.
struct PDFPage {
    private var content: [UInt8] = []

    /// A line of text; points from the lower left corner.
    mutating func add(_ text: String, size: Int, at place: (x: Int, y: Int)) {
        if text.unicodeScalars.allSatisfy({ (0x20...0x7e).contains($0.value) }) {
            show(font: "F1", size, place, Self.literal(text))
        } else {
            show(font: "F3", size, place, Self.hexadecimal(text))
        }
    }

    /// A PIN, in letters of one width.
    mutating func addSecret(_ text: String, size: Int, at place: (x: Int, y: Int)) {
        show(font: "F2", size, place, Self.literal(text))
    }

    private mutating func show(font: String, _ size: Int, _ place: (x: Int, y: Int), _ text: [UInt8]) {
        content += Array("BT /\(font) \(size) Tf \(place.x) \(place.y) Td ".utf8) + text + Array(" Tj ET\n".utf8)
    }

    private static func literal(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "(")]
        for byte in text.utf8 {
            if "()\\".utf8.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return bytes + [UInt8(ascii: ")")]
    }

    /// UTF-16, as the predefined character map UniJIS-UTF16-H takes it.
    private static func hexadecimal(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = [UInt8(ascii: "<")]
        for unit in text.utf16 {
            for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> UInt16(shift) & 15)]) }
        }
        return bytes + [UInt8(ascii: ">")]
    }

    /// The whole file.
    var bytes: [UInt8] {
        let objects: [[UInt8]] = [
            Array("<< /Type /Catalog /Pages 2 0 R >>".utf8),
            Array("<< /Type /Pages /Kids [3 0 R] /Count 1 >>".utf8),
            Array(
                """
                << /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
                /Resources << /Font << /F1 5 0 R /F2 6 0 R /F3 7 0 R >> >> >>
                """.utf8
            ),
            Array("<< /Length \(content.count) >>\nstream\n".utf8) + content + Array("endstream".utf8),
            Array("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".utf8),
            Array("<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold >>".utf8),
            Array(
                """
                << /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5 /Encoding /UniJIS-UTF16-H \
                /DescendantFonts [8 0 R] >>
                """.utf8
            ),
            Array(
                """
                << /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /DW 1000 \
                /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >> /FontDescriptor 9 0 R >>
                """.utf8
            ),
            Array(
                """
                << /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] \
                /ItalicAngle 0 /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>
                """.utf8
            ),
        ]
        var file = Array("%PDF-1.4\n".utf8)
        file.reserveCapacity(8192)
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(file.count)
            file += Array("\(index + 1) 0 obj\n".utf8) + object + Array("\nendobj\n".utf8)
        }
        let start = file.count
        file += Array("xref\n0 \(objects.count + 1)\n0000000000 65535 f \n".utf8)
        for offset in offsets {
            let digits = String(offset)
            file += Array("\(String(repeating: "0", count: 10 - digits.count))\(digits) 00000 n \n".utf8)
        }
        file += Array("trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n".utf8)
        return file
    }
}
