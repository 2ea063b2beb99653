"""Mọi lời mà bài tập nói: lời đáp chung, và gợi ý cho từng lỗi, xếp theo bảng chữ cái.

Gợi ý kể lỗi và việc nên làm, không kể đáp án. `right-4.1` đọc kết quả, phải đúng trên mọi vùng, mọi ngày.
"""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {
        "bands-swapped": "Giống kết quả khi hai band đổi chỗ: NDVI lấy cận hồng ngoại trừ đỏ.",
        "blank": "chưa có câu trả lời. Hãy thay dấu ... bằng lời giải của bạn, rồi chạy lại ô này.",
        "bytes-for-gb": "Con số này tính bằng byte: hãy chia cho 1e9 để có GB.",
        "bytes-for-mb": "Con số này tính bằng byte: hãy chia cho 1e6 để có MB.",
        "cloudiest-for-clearest": "Đây là ảnh nhiều mây nhất: hãy xem lại chiều sắp xếp.",
        "clouds-not-filtered": "Giống kết quả khi quên lọc mây: đề bài chỉ hỏi những lần dưới ngưỡng.",
        "cloudy-for-clear": "Giống kết quả khi giữ nhầm những lần nhiều mây: hãy xem lại dấu so sánh.",
        "cosine-forgotten": "Bề ngang chưa đúng: một độ kinh ngắn hơn một độ vĩ, hãy chia cho cosin của vĩ độ.",
        "degrees-for-metres": (
            "Giống kết quả khi lấy kinh độ, vĩ độ làm tọa độ của lưới: lưới tính bằng mét, hãy đổi điểm sang hệ của nó."
        ),
        "first-for-clearest": "Đây là ảnh đầu hay cuối theo ngày: đề bài hỏi ảnh ít mây nhất.",
        "function": "một hàm, viết tên hàm mà không có dấu ngoặc",
        "function-case": "Hàm của bạn với ({call}) trả về {result}, chưa phải thứ đề bài muốn.",
        "function-none": "Hàm của bạn với ({call}) không trả về gì: hãy kết thúc bằng return.",
        "function-raises": "Hàm của bạn với ({call}) dừng vì lỗi {result}.",
        "gaps-filled": (
            "Nơi đáng ra phải trống (NaN) thì mảng của bạn có số: hãy xem lại mặt nạ mây và các pixel không có dữ liệu."
        ),
        "gaps-more": "Mảng của bạn trống (NaN) ở cả những pixel có dữ liệu: hãy xem lại mặt nạ, hay phép tính gặp NaN.",
        "gb-for-mb": "Con số này tính bằng GB: đề bài hỏi MB.",
        "ha-for-km2": "Con số này tính bằng héc-ta: 1 km² là 100 ha.",
        "heading": "Bài tập {number}:",
        "km-as-degrees": "Số ki-lô-mét đã cộng thẳng vào độ: một độ dài hơn một trăm ki-lô-mét, hãy đổi trước.",
        "km-for-m": "Con số này tính bằng ki-lô-mét: đề bài hỏi mét.",
        "km2-for-ha": "Con số này tính bằng km²: đề bài hỏi héc-ta.",
        "later-for-first": "Ngày ấy ruộng đã trơ, nhưng không phải lần đầu nhìn thấy: đề bài hỏi ngày đầu tiên.",
        "latitude-first": "Vĩ độ đang đứng trước: STAC cần tây, nam, đông, bắc, tức là kinh độ trước.",
        "layer-days": "Mảng còn chiều time với {days} ngày: hãy chọn một ngày, hay gộp các ngày lại.",
        "layer-dn": "một mảng DN, số nguyên",
        "layer-empty": "Mọi pixel của mảng đều trống (NaN): hãy xem lại mặt nạ và ngày.",
        "layer-mask": "một mặt nạ True và False",
        "layer-more": "Mảng của bạn còn {axes} số: hãy chọn, hay gộp cho còn một bản đồ.",
        "layer-ndvi": "một mảng NDVI",
        "layer-part": "Chỉ {percent} % số pixel khớp.",
        "layer-reflectance": "một mảng độ phản xạ",
        "layer-shape": "Mảng của bạn có kích thước {sizes}.",
        "layer-sizes": "{what} có các chiều {sizes}",
        "limit-as-share": "Giống kết quả khi ngưỡng viết thành 0.20: độ mây tính bằng phần trăm.",
        "longitudes-together": "Hai kinh độ đang đứng cạnh nhau: thứ tự là tây, nam, đông, bắc.",
        "lowest-for-first": "Giống ngày mà NDVI thấp nhất: đề bài hỏi ngày đầu tiên xuống dưới ngưỡng.",
        "m-for-km": "Con số này tính bằng mét: đề bài hỏi ki-lô-mét.",
        "m2-for-ha": "Con số này tính bằng m²: 1 ha là 10 000 m².",
        "m2-for-km2": "Con số này tính bằng m²: 1 km² là một triệu m².",
        "mask-forgotten": "Giống kết quả khi quên loại pixel mây: hãy giữ riêng các pixel nhìn thấy mặt đất.",
        "mask-inverted": "Giống kết quả khi mặt nạ bị đảo ngược: pixel được giữ lại chính là mây.",
        "maximum-for-median": "Giống kết quả khi lấy giá trị lớn nhất: đề bài hỏi trung vị.",
        "mb-for-gb": "Con số này tính bằng MB: đề bài hỏi GB.",
        "mean-for-median": "Giống kết quả khi lấy trung bình: đề bài hỏi trung vị.",
        "median-first": (
            "Giống kết quả khi lấy trung vị của từng band rồi mới tính NDVI: hãy tính NDVI từng ngày, rồi lấy trung vị."
        ),
        "median-for-mean": "Giống kết quả khi lấy trung vị: đề bài hỏi trung bình.",
        "missing": "notebook chưa có biến {name}: hãy chạy lại các ô phía trên, rồi chạy lại ô này.",
        "month-lacking": "Giống kết quả khi thiếu tháng cuối: khoảng đề bài hỏi gồm cả tháng 8.",
        "names-bands": "tên các band",
        "names-dates": 'ngày, viết như "2023-09-28"',
        "names-extra": "Có {number} thứ thừa, chẳng hạn {name}.",
        "names-ids": "id của các item",
        "names-lack": "Còn thiếu {number}.",
        "names-words": "một hay vài từ",
        "near": "Rất gần rồi: hãy làm tròn sau cùng, hay xem lại một chi tiết của đề bài.",
        "no-reference": "không tính được đáp án từ các biến của notebook ({why}). Hãy chạy lại các ô phía trên.",
        "number-nan": (
            "Kết quả không phải một con số (NaN hay vô cực): NaN lây qua mọi phép tính của numpy; "
            "hãy dùng .mean() của DataArray hay np.nanmean, và không chia cho 0."
        ),
        "odd": "chưa kiểm tra được: {what} Cần {wanted}.",
        "odd-broken": "Đọc nó thì gặp lỗi ({why}).",
        "odd-dataset": "Đây là cả một Dataset ({names}): hãy chọn một biến của nó.",
        "odd-date": "{text!r} không phải một ngày.",
        "odd-dims": "Mảng có nhiều chiều ({dims}): hãy gộp cho còn một chiều.",
        "odd-empty": "Kết quả trống, không có phần tử nào.",
        "odd-few": "Đây chỉ có {size} con số, không phải một mảng pixel.",
        "odd-function": "Đây là một hàm: hãy gọi nó, với dấu ngoặc.",
        "odd-many": "Đây là {size} con số: hãy gộp lại thành một, hay chọn một.",
        "odd-no-function": "Đây không phải một hàm mà là {kind}.",
        "odd-no-items": (
            "Danh sách trống. Máy chủ không báo lỗi khi tên thuộc tính sai, khi số nằm trong dấu nháy, hay khi hỏi "
            "vùng khác: hãy xem lại câu hỏi."
        ),
        "odd-none": "Đây là None: hàm của bạn không trả về gì, hay biến chưa được gán.",
        "odd-number": "Đây là một con số.",
        "odd-text": "Đây là một chuỗi chữ.",
        "odd-type": "Đây là một {kind}.",
        "offset-forgotten": (
            "Giống kết quả khi nhân scale mà quên cộng offset: độ phản xạ = DN × scale + offset, hãy gọi reflectance."
        ),
        "one-day-of-many": "Giống bản đồ của riêng một ngày: hãy gộp mọi ngày của tháng.",
        "one-day-of-two": "Giống kết quả khi chỉ xét một trong hai ngày: cần cả hai điều kiện cùng đúng.",
        "one-pixel": "Giống giá trị của riêng một pixel: đề bài hỏi cả vùng quanh nó.",
        "orbit-forgotten": "Giống kết quả khi chưa lọc quỹ đạo: danh sách còn cả hai quỹ đạo.",
        "other-limit": "Giống kết quả với ngưỡng khác của bài: đề bài hỏi dưới 20 %.",
        "percent-for-share": "Con số này tính bằng phần trăm: đề bài hỏi tỉ lệ từ 0 đến 1.",
        "pixels-for-ha": "Con số này giống số pixel: mỗi pixel 10 m rộng 100 m², tức 0,01 ha.",
        "pixels-for-km2": "Con số này giống số pixel: mỗi pixel 10 m rộng 100 m².",
        "point-as-corner": "Điểm đã cho đang là một góc: đề bài muốn nó ở tâm hình vuông.",
        "radians-for-degrees": "Con số này tính bằng radian: đề bài hỏi độ.",
        "range-ndvi": "NDVI chỉ nằm từ -1 đến 1: ngoài khoảng ấy thường là vì tính trên số nguyên uint16 bị tràn.",
        "range-percent": "Phần trăm nằm từ 0 đến 100.",
        "range-reflectance": "Độ phản xạ thường nằm từ 0 đến 1: con số này giống DN chưa đổi.",
        "range-share": "Tỉ lệ nằm từ 0 đến 1.",
        "raw-dn": "Giống kết quả tính trên DN: hãy đổi DN ra độ phản xạ bằng reflectance trước.",
        "rest": "Con số này giống phần còn lại: hãy xem đề bài hỏi phần nào.",
        "right": "Đúng. {sentence}",
        "right-2.1": "Nay bạn biết tháng nào của vùng này dễ có ảnh quang.",
        "right-2.2": "Mọi ảnh trong danh sách đều nhìn từ cùng một phía.",
        "right-2.3": "Bbox này dùng được ngay trong catalog.search và load.",
        "right-2.4": "Ảnh ít mây nhất của mùa mưa là {value}.",
        "right-4.1": "Chừng {value} ha từ xanh thành trơ trong khoảng hai lần nhìn; phần bị mây thì ta không biết.",
        "right-4.2": "Mỗi pixel là trung vị của vài lần nhìn, nên một đám mây còn sót khó làm lệch nó.",
        "right-4.3": (
            "Lần đầu nhìn thấy ruộng trơ là ngày {value}; nó được gặt vào đâu đó giữa lần nhìn trước và ngày ấy."
        ),
        "right-4.4": (
            "Một nửa số pixel trên cạn lệch không quá {value}: sai số ấy gồm nhiễu, hơi nước và mây mỏng còn sót."
        ),
        "share-for-ha": "Con số này giống một tỉ lệ của vùng: đề bài hỏi diện tích, tính bằng héc-ta.",
        "share-for-percent": "Con số này là tỉ lệ từ 0 đến 1: đề bài hỏi phần trăm.",
        "sign": "Đúng độ lớn nhưng ngược dấu: hãy xem lại thứ tự của phép trừ.",
        "sign-kept": "Giống kết quả khi không lấy trị tuyệt đối: sai số âm và dương bù trừ nhau.",
        "square-for-median": "Giống căn của trung bình bình phương: đề bài hỏi trung vị của trị tuyệt đối.",
        "still-green": "Ngày ấy ruộng còn xanh: hãy xem lại chiều của phép so sánh.",
        "table": "{size} cặp nhãn và số, nhãn như {first!r}, số là {unit}",
        "table-any": "nhiều cặp nhãn và số (Series, từ điển, hay DataArray một chiều), số là {unit}",
        "table-extra": "Có {number} nhãn thừa, chẳng hạn {label}.",
        "table-lacks": "Còn thiếu {number} nhãn.",
        "table-nan": "Có {number} chỗ trống (NaN), chẳng hạn ở {label}.",
        "table-wrong": "Có {number} số chưa đúng, chẳng hạn ở {label}.",
        "time-reversed": "Giống kết quả khi hai ngày đổi chỗ: hãy xem ngày nào trước, ngày nào sau.",
        "turned": "Đúng các số nhưng bị lật hay bị xoay: hàng đầu là phía bắc, cột đầu là phía tây, y trước x.",
        "uint16-wrapped": "Giống kết quả khi trừ hai số uint16: hiệu âm bị tràn, hãy đổi ra độ phản xạ trước.",
        "unit-count": "một số đếm",
        "unit-degrees": "một số, tính bằng độ",
        "unit-dn": "một DN",
        "unit-gb": "một số, tính bằng GB",
        "unit-ha": "một số, tính bằng héc-ta",
        "unit-km": "một số, tính bằng ki-lô-mét",
        "unit-km2": "một số, tính bằng km²",
        "unit-mb": "một số, tính bằng MB",
        "unit-metres": "một số, tính bằng mét",
        "unit-ndvi": "một số NDVI, từ -1 đến 1",
        "unit-percent": "một số phần trăm, từ 0 đến 100",
        "unit-reflectance": "một độ phản xạ, thường từ 0 đến 1",
        "unit-share": "một tỉ lệ, từ 0 đến 1",
        "unit-times": "một số lần",
        "unknown": (
            "trên dữ liệu này không có đáp án để so: ảnh thật không kèm sự "
            "thật, hay mọi pixel đều bị mây. Câu trả lời của bạn có đúng dạng."
        ),
        "unseen-counted": (
            "Giống kết quả khi đếm cả nơi không nhìn thấy: NaN không "
            "lớn hơn số nào, nên đảo ngược phép so thì nó lọt vào."
        ),
        "water-included": "Giống kết quả khi tính cả mặt nước: đề bài chỉ hỏi nơi NDVI của sự thật dương.",
        "whole-area": "Giống kết quả của cả vùng: đề bài chỉ hỏi một phần.",
        "whole-period": "Giống kết quả của mọi ngày: đề bài chỉ hỏi một phần.",
        "width-doubled": "Hình vuông rộng gấp đôi: từ tâm ra mỗi phía chỉ nửa cạnh.",
        "wrong": "Chưa đúng. {sentence}",
        "wrong-area": "Kết quả này là của vùng khác: hãy xem lại bbox hay tọa độ.",
        "wrong-day": "Kết quả này là của ngày khác: hãy xem lại ngày đã chọn.",
        "wrong-form": "Chưa đúng. {sentence} Cần {wanted}.",
        "wrong-month": "Kết quả này là của tháng khác: hãy xem lại tháng đã chọn.",
        "wrong-orbit": "Đây là ảnh của quỹ đạo kia: hãy xem lại số quỹ đạo.",
        "wrong-unknown": "Chưa đúng, và không giống lỗi hay gặp nào. Cần {wanted}: hãy đọc lại đề bài.",
    },
    Reason.INPUT: {
        "no-exercise": "Không có bài tập {number!r}: hãy viết một trong các số {numbers}, trong dấu nháy.",
    },
}

say = Messages(VIETNAMESE)
