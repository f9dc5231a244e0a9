use super::*;
use crate::values::contact::Wrong;

fn words() -> Vocabulary {
    crate::routes::vocabulary()
}

fn sheet(text: &str) -> Sheet {
    read(text, &words()).unwrap()
}

fn problems(text: &str) -> Vec<(u64, Problem)> {
    sheet(text).bad.into_iter().map(|bad| (bad.line, bad.problem)).collect()
}

#[test]
fn gb18030_as_a_chinese_spreadsheet_saves_it() {
    // 姓名,楼栋,手机\r\n王芳,3号楼,13800138000\r\n
    let bytes = b"\xd0\xd5\xc3\xfb,\xc2\xa5\xb6\xb0,\xca\xd6\xbb\xfa\r\n\
                  \xcd\xf5\xb7\xbc,3\xba\xc5\xc2\xa5,13800138000\r\n";
    let (text, encoding) = decode(bytes).unwrap();
    assert_eq!(encoding, "gb18030");
    let sheet = sheet(&text);
    assert_eq!(sheet.bad, []);
    let line = &sheet.lines[0];
    assert_eq!((line.line, line.name.as_str(), line.building.as_str()), (2, "王芳", "3号楼"));
    assert_eq!(line.phone.as_deref(), Some("13800138000"));
    // A rare character of a name that GBK lacks and GB18030 has: 𠮷 in four bytes.
    let rare = b"\xd0\xd5\xc3\xfb,\xc2\xa5\xb6\xb0\n\x95\x34\xb2\x35,3\n";
    assert!(decode(rare).unwrap().0.contains('𠮷'));
}

#[test]
fn utf8_with_and_without_its_mark_and_utf16() {
    let text = "姓名,楼栋\n王芳,3号楼\n";
    let mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    assert_eq!(decode(text.as_bytes()), Ok((text.into(), "UTF-8")));
    assert_eq!(decode(&mark), Ok((text.into(), "UTF-8")));
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(decode(&wide), Ok((text.into(), "UTF-16LE")));
    assert_eq!(sheet(text).lines.len(), 1);
}

#[test]
fn what_is_no_list_at_all() {
    assert_eq!(decode(b"PK\x03\x04rest"), Err(FileProblem::Workbook));
    assert_eq!(decode(b" \r\n"), Err(FileProblem::Empty));
    assert_eq!(decode(b"\xff\xff\xff"), Err(FileProblem::Characters));
    assert_eq!(read("王芳,3号楼\n", &words()), Err(FileProblem::Header));
    assert_eq!(read("name,flat\na,1\n", &words()), Err(FileProblem::Header));
    assert_eq!(read("name,姓名,building\n", &words()), Err(FileProblem::ColumnTwice));
}

#[test]
fn headers_in_either_language_and_any_delimiter() {
    let expected = |line: &Line| (line.name.clone(), line.flat.clone(), line.party_member);
    for text in [
        "姓名,楼栋,房号,党员\n王芳,3号楼,302,是\n",
        "Name;Building;Flat;Party member\n王芳;3号楼;302;yes\n",
        "姓 名\t楼号\t门牌号\t党员\n王芳\t3号楼\t３０２\t√\n",
    ] {
        let sheet = sheet(text);
        assert_eq!(sheet.bad, [], "{text}");
        assert_eq!(expected(&sheet.lines[0]), ("王芳".into(), Some("302".into()), true), "{text}");
    }
    assert_eq!(sheet("姓名,楼栋,血型\na,b,O\n").ignored, ["血型"]);
}

#[test]
fn every_bad_line_is_named_and_the_good_ones_are_read() {
    let text = "姓名,楼栋,房号,手机,邮箱,党员,14岁以下,同意提醒\n\
                王芳,3号楼,302,13800138000,,,,\n\
                李强,3号楼,,1.38E+10,,,,\n\
                ,3号楼,,,,,,\n\
                赵敏,,,,,,,\n\
                周杰,3号楼,,12345,,,,\n\
                吴磊,3号楼,,,wu at home,,,\n\
                郑爽,3号楼,3月12日,,,,,\n\
                冯\u{fffd},3号楼,,,,,,\n\
                陈晨,3号楼,,,,maybe,,\n\
                卫青,3号楼,,,,,,,,more\n\
                小明,3号楼,,,,,是,是\n\
                \n\
                韩梅,3号楼,,,,,,\n";
    let value = |wrong| Problem::Value(wrong);
    assert_eq!(
        problems(text),
        [
            (3, value(Wrong::PhoneMangled)),
            (4, value(Wrong::NameMissing)),
            (5, Problem::BuildingMissing),
            (6, value(Wrong::PhoneWrong)),
            (7, value(Wrong::EmailWrong)),
            (8, value(Wrong::FlatMangled)),
            (9, Problem::Garbled),
            (10, Problem::YesOrNo),
            (11, Problem::Cells),
            (12, Problem::Guardian),
        ]
    );
    let names: Vec<_> = sheet(text).lines.into_iter().map(|l| (l.line, l.name)).collect();
    assert_eq!(names, [(2, "王芳".into()), (14, "韩梅".into())]);
}

#[test]
fn a_quotation_mark_left_open_is_found_where_it_opens() {
    let text = "姓名,楼栋\n\"王芳,3号楼\n李强,3号楼\n";
    let sheet = sheet(text);
    assert_eq!(sheet.lines, []);
    assert_eq!(sheet.bad[0].line, 2);
}

#[test]
fn what_is_written_comes_back_and_nothing_runs() {
    let rows = [vec![
        Cell::Text("=HYPERLINK(\"x\")".into()),
        Cell::Text("3号楼".into()),
        Cell::Digits("3-12".into()),
        Cell::Digits("13800138000".into()),
    ]];
    let bytes = write(&["姓名", "楼栋", "房号", "手机"], &rows).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbf"));
    let (text, _) = decode(&bytes).unwrap();
    assert!(text.contains("\"=\"\"13800138000\"\"\""), "{text}");
    assert!(!text.lines().any(|line| line.starts_with("=HYPER")), "{text}");
    let sheet = sheet(&text);
    assert_eq!(sheet.bad, []);
    let line = &sheet.lines[0];
    assert_eq!(line.name, "=HYPERLINK(\"x\")");
    assert_eq!(line.flat.as_deref(), Some("3-12"));
    assert_eq!(line.phone.as_deref(), Some("13800138000"));
}
