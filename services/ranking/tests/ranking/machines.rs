use axum::http::header;
use serde_json::json;

use crate::town::{Office, visitor};

async fn town() -> Office {
    let office = Office::new().await;
    office.opens("xiguan", 1, json!({})).await;
    office.came("xiguan", 1, 1, 90).await;
    office
}

#[tokio::test]
async fn a_board_is_a_file_that_a_spreadsheet_opens() {
    let office = town().await;
    let path = "/api/v1/c/xiguan/rankings.csv?level=building&period=2026-11&measure=minutes";
    let file = office.get(&visitor(), path).await;
    assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let mut lines = file.text.lines();
    let head = lines.next().unwrap();
    assert!(head.starts_with('\u{feff}') && head.contains("Hours of service"), "{head}");
    assert_eq!(lines.next(), Some("1,Building 1,1.5,0.50,3,2026-11"));
}

#[tokio::test]
async fn a_dashboard_gets_flat_values_by_day() {
    let office = town().await;
    let path = "/api/v1/c/wuhang/rankings/series";
    let place = office.get(&visitor(), &format!("{path}?measure=minutes")).await.json();
    let value = json!([{
        "time": "2026-11-05T00:00:00+08:00", "of": "wuhang", "measure": "minutes", "value": 90,
    }]);
    assert_eq!(place, value);
    let query = "from=2026-11-01T00:00:00Z&to=2026-11-30&by=building";
    let building = office.get(&visitor(), &format!("{path}?{query}")).await.json();
    assert_eq!(building[0]["of"], json!("xiguan-1"));
    assert_eq!(building[0]["value"], json!(2 + 4));
    for wrong in ["from=2020-01-01", "from=2026-12-01", "to=never", "measure=money"] {
        let refused = office.get(&visitor(), &format!("{path}?{wrong}")).await;
        assert_eq!(refused.status, 422, "{wrong}");
    }
}
