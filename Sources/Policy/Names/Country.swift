/// ISO 3166-1 alpha-2 codes.
enum Country {
    /// Officially assigned, or XX for a country without a code (S/MIME BR 7.1.4.2.2 n).
    static func isKnown(_ code: String) -> Bool {
        let octets = code.utf8
        guard octets.count == 2, octets.allSatisfy(ASCII.isUpper) else { return false }
        let index = octets.reduce(0) { $0 * 26 + Int($1 - UInt8(ascii: "A")) }
        return known[index]
    }

    /// One entry for each pair of letters.
    private static let known: [Bool] = {
        var known = [Bool](repeating: false, count: 26 * 26)
        for code in codes.utf8.split(whereSeparator: { !ASCII.isUpper($0) }) {
            known[code.reduce(0) { $0 * 26 + Int($1 - UInt8(ascii: "A")) }] = true
        }
        return known
    }()

    private static let codes =
        """
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
        CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
        FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
        JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
        MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
        PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
        TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XX
        """
}
